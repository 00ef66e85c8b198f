using System.Net;
using System.Text.Json;
using Interop.Bench;

namespace Interop;

/// <summary>Calls of a desk phone within the users' permissions.</summary>
[Collection(InteropCollection.Name)]
public sealed class PermittedCalls(BillingBench bench) : BenchTests(bench), IClassFixture<BillingBench>
{
    [Fact]
    public async Task Refused_then_asked_then_granted_then_called_then_expired()
    {
        await using var phone = await bench.PhoneAsync(BillingBench.Asking);
        var user = await WriterAsync();
        Assert.StartsWith("403 The user has not permitted calls", await bench.DialRefusedAsync(phone, user), StringComparison.Ordinal);

        await AskAsync(user);
        var (status, again) = await bench.Admin.TryPostAsync(
            "permission-requests", new { channel = BillingBench.Asking.PhoneNumberId, user });
        Assert.True(
            status is HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity, $"a second request within 24 hours: {status} {again}");

        await ReplyAsync(user, accepted: true);
        var known = await ContactAsync(user, "temporary");
        Assert.True(known.GetProperty("mayBeCalled").GetBoolean());
        await bench.DialAsync(phone, user);
        var call = await bench.WhatsApp.IncomingAsync(user);
        await call.HearsAsync(phone.Options.ToneHertz);
        await BillingBench.CommandAsync(phone, "hangup");
        await BillingBench.SeesAsync(phone, "CALL_CLOSED");
        await bench.EndsWithAsync(call, "pbx_hung_up");

        await ContactAsync(user, "expired", BillingBench.Permitted * 2);
        Assert.StartsWith("403 The user's permission has expired", await bench.DialRefusedAsync(phone, user), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_whose_call_asked_the_user_is_rung_back_when_the_user_permits_it()
    {
        await using var phone = await bench.PhoneAsync(BillingBench.Asking);
        var path = "channels/" + BillingBench.Asking.PhoneNumberId;
        await bench.Admin.ChangeAsync(HttpMethod.Patch, path, new { asksPermission = true });
        try
        {
            var user = await WriterAsync();
            Assert.StartsWith("403 Permission was requested, you will be called back", await bench.DialRefusedAsync(
                phone, user), StringComparison.Ordinal);

            await ReplyAsync(user, accepted: true);
            await BillingBench.SeesAsync(phone, "CALL_ESTABLISHED"); // it answers automatically, and so does the user then
            var call = await bench.WhatsApp.IncomingAsync(user);
            await call.HearsAsync(phone.Options.ToneHertz);
            await BillingBench.CommandAsync(phone, "hangup");
            await bench.EndsWithAsync(call, "pbx_hung_up");
        }
        finally
        {
            await bench.Admin.ChangeAsync(HttpMethod.Patch, path, new { asksPermission = false });
        }
    }

    [Fact]
    public async Task Who_declined_is_neither_called_nor_asked_again_for_a_day()
    {
        await using var phone = await bench.PhoneAsync(BillingBench.Asking);
        var user = await WriterAsync();
        await AskAsync(user);
        await ReplyAsync(user, accepted: false);
        await ContactAsync(user, "declined");

        Assert.StartsWith("403 The user declined", await bench.DialRefusedAsync(phone, user), StringComparison.Ordinal);
        var (status, refusal) = await bench.Admin.TryPostAsync(
            "permission-requests", new { channel = BillingBench.Asking.PhoneNumberId, user });
        Assert.True(status is HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity, $"{status} {refusal}");
        Assert.Single((await bench.WhatsApp.MessagesAsync()).EnumerateArray(), message =>
            message.ToString().Contains(user, StringComparison.Ordinal));
    }

    /// <summary>A user whose message has opened the conversation window.</summary>
    private async Task<string> WriterAsync()
    {
        var user = bench.WhatsApp.NewNumber();
        await bench.WhatsApp.SendAsync(HttpMethod.Put, "users/" + user, new { auto = "Answer", handset = "native" });
        await bench.WhatsApp.SendAsync(
            HttpMethod.Post, $"users/{user}/message", new { text = "hello", number = BillingBench.Asking.PhoneNumberId });
        await Eventually.SeeAsync(
            () => FindAsync(user), contact => contact is { } known && known.GetProperty("windowIsOpen").GetBoolean(), "the window is open");
        return user;
    }

    private Task<JsonElement> AskAsync(string user) =>
        bench.Admin.PostAsync("permission-requests", new { channel = BillingBench.Asking.PhoneNumberId, user });

    private Task ReplyAsync(string user, bool accepted) => bench.WhatsApp.SendAsync(
        HttpMethod.Post, $"users/{user}/permission-reply", new { accepted, permanent = false, number = BillingBench.Asking.PhoneNumberId });

    private async Task<JsonElement> ContactAsync(string user, string permission, TimeSpan? timeout = null) => (await Eventually.SeeAsync(
        () => FindAsync(user), contact => contact is { } known && known.GetProperty("permission").GetString() == permission,
        $"{user} is {permission}", timeout: timeout))!.Value;

    private async Task<JsonElement?> FindAsync(string user)
    {
        var page = await bench.Admin.GetAsync($"contacts?channel={BillingBench.Asking.PhoneNumberId}&phone={user}");
        return page.GetProperty("items").EnumerateArray().Select(contact => (JsonElement?)contact).FirstOrDefault();
    }
}
