using System.Text.Json;
using Interop.Bench;

namespace Interop;

/// <summary>The effect of a channel's settings, and the missed calls that remain when nobody answers.</summary>
[Collection(InteropCollection.Name)]
public sealed class ToggledCalls(BillingBench bench) : BenchTests(bench), IClassFixture<BillingBench>
{
    private static string Path => "channels/" + BillingBench.Toggled.PhoneNumberId;

    [Fact]
    public async Task Users_may_not_call_while_agents_still_may()
    {
        await using var phone = await bench.PhoneAsync(BillingBench.Toggled);
        var user = await bench.WhatsApp.UserAsync();
        await bench.Admin.ChangeAsync(HttpMethod.Patch, Path, new { contactsMayCall = false });
        try
        {
            await bench.EndsWithAsync(await bench.WhatsApp.CallAsync(user, BillingBench.Toggled, ""), "channel_disabled");
            await bench.DialAsync(phone, user);
            var call = await bench.WhatsApp.IncomingAsync(user);
            await call.HearsAsync(phone.Options.ToneHertz);
            await BillingBench.CommandAsync(phone, "hangup");
            await bench.EndsWithAsync(call, "pbx_hung_up");
        }
        finally
        {
            await bench.Admin.ChangeAsync(HttpMethod.Patch, Path, new { contactsMayCall = true });
        }
        var answered = await bench.WhatsApp.CallAsync(user, BillingBench.Toggled, "");
        await answered.HearsAsync(phone.Options.ToneHertz);
        await answered.HangUpAsync();
        await bench.EndsWithAsync(answered, "whatsapp_hung_up");
    }

    [Fact]
    public async Task A_missed_call_is_on_the_stream_and_in_the_work_list_until_it_is_closed()
    {
        await using var phone = await bench.PhoneAsync(BillingBench.Toggled, autoAnswer: false);
        var user = await bench.WhatsApp.UserAsync();
        using var timeout = new CancellationTokenSource(Eventually.Timeout * 2);
        var connected = new TaskCompletionSource();
        var followed = bench.Admin.FollowAsync(
            "call.missed", happened => happened.ToString().Contains(user, StringComparison.Ordinal), connected, timeout.Token);
        await connected.Task.WaitAsync(timeout.Token);

        var call = await bench.WhatsApp.CallAsync(user, BillingBench.Toggled, "");
        await BillingBench.SeesAsync(phone, "CALL_INCOMING");
        await bench.EndsWithAsync(call, "no_answer");
        Assert.Equal("call.missed", (await followed).GetProperty("kind").GetString());

        var missed = (await bench.Admin.GetAsync("missed-calls")).GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("user").GetString() == user);
        Assert.Equal(("open", "no_answer"), (missed.GetProperty("state").GetString(), missed.GetProperty("cause").GetString()));
        var id = missed.GetProperty("callId").GetString()!;

        // The agent rings first, then the user's WhatsApp.
        var calledBack = bench.Admin.PostAsync($"missed-calls/{id}/call-back", new { agent = "agent" });
        await BillingBench.SeesAsync(phone, "CALL_INCOMING");
        await BillingBench.CommandAsync(phone, "accept");
        await calledBack;
        var back = await bench.WhatsApp.IncomingAsync(user);
        await back.HearsAsync(phone.Options.ToneHertz);
        await BillingBench.CommandAsync(phone, "hangup");
        await bench.EndsWithAsync(back, "pbx_hung_up");

        var closed = await bench.Admin.ChangeAsync(
            HttpMethod.Put, "missed-calls/" + id, new { state = "closed", assignee = "ann", note = "called back" });
        Assert.Equal("closed", closed.GetProperty("state").GetString());
    }
}
