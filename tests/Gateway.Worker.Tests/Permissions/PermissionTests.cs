using System.Text.Json.Nodes;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Permissions;
using Gateway.Storage.Commands;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Permissions;

[Collection(StoresCollection.Name)]
public sealed class PermissionTests(Stores stores)
{
    private const string Asked = "403 Permission was requested, you will be called back";

    [Fact]
    public async Task Refused_then_asked_then_granted_then_rung_back_and_called_then_expired()
    {
        await using var bench = await PermissionBench.StartAsync(
            stores, asks: true, timers: timers => timers with { TemporaryPermission = TimeSpan.FromSeconds(6) });
        bench.WhatsApp.Knobs = bench.WhatsApp.Knobs with { Copies = 2 };
        var user = await bench.UserWhoWroteAsync();

        Assert.Equal((Asked, "not_permitted", "requested"), await bench.DialRefusedAsync(user));
        Assert.Equal(("permission_request", "May we call you?"), Assert.Single(bench.WhatsApp.MessagesTo(user)) is var sent
            ? (sent.Kind, sent.Text) : default);

        bench.WhatsApp.Decide(user, accepts: true);
        var agent = await bench.Pbx.NextAsync();
        Assert.Equal(("201", "+" + user.Phone, "outbound"), (
            agent.Sip.Info.TargetUser, agent.Sip.Info.From.User, agent.Header("X-WhatsApp-Direction")));
        await agent.AnswerAsync();
        var call = await bench.WhatsApp.CallToAsync(user);
        await bench.WhatsApp.AnswerAsync(call);
        await bench.Calls.LiveAsync(call);
        await agent.HangUpAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Ended);
        await bench.Calls.Gateway.IsIdleAsync();
        Assert.False(bench.Pbx.HasUnexpectedCall, "the agent was rung twice");

        await bench.SetAsync(settings => settings with { AsksPermission = false });
        await bench.StateAsync(user, PermissionState.Expired);
        Assert.Equal(("403 The user's permission has expired", "not_permitted", "expired"), await bench.DialRefusedAsync(user));
        await Eventually.SeeAsync(
            () => bench.EventsAsync(user),
            events => events.SequenceEqual(["window.opened", "permission.requested", "permission.granted", "permission.expired"]),
            "the timeline", events => string.Join(", ", events));
    }

    [Fact]
    public async Task A_second_request_within_24_hours_is_refused_and_the_agent_waits_for_the_first()
    {
        await using var bench = await PermissionBench.StartAsync(stores, asks: true);
        var user = await bench.UserWhoWroteAsync();
        Assert.Equal(CommandReply.Done, await bench.AskAsync(user));

        var again = await bench.AskAsync(user);
        Assert.Equal((CommandOutcome.Refused, "daily_limit"), (again.Outcome, again.Code));
        Assert.InRange(again.FreeAt!.Value, DateTimeOffset.UtcNow.AddHours(23.9), DateTimeOffset.UtcNow.AddHours(24));
        Assert.Equal((Asked, "not_permitted", "requested"), await bench.DialRefusedAsync(user));
        Assert.Single(bench.WhatsApp.MessagesTo(user));

        bench.WhatsApp.Decide(user, accepts: true, forGood: true);
        await (await bench.Pbx.NextAsync()).RejectAsync(486);
        await bench.StateAsync(user, PermissionState.Permanent);
        Assert.Equal("already_permanent", (await bench.AskAsync(user)).Code);
    }

    [Fact]
    public async Task Who_declined_is_not_asked_again_for_24_hours()
    {
        await using var bench = await PermissionBench.StartAsync(stores, asks: true);
        var user = await bench.UserWhoWroteAsync();
        Assert.Equal(CommandReply.Done, await bench.AskAsync(user));
        bench.WhatsApp.Decide(user, accepts: false);
        await bench.StateAsync(user, PermissionState.Declined);

        Assert.Equal(("403 The user declined to be called", "not_permitted", "declined"), await bench.DialRefusedAsync(user));
        var again = await bench.AskAsync(user);
        Assert.Contains(again.Code, new[] { "declined_recently", "daily_limit" }); // both free within a second of each other
        Assert.InRange(again.FreeAt!.Value, DateTimeOffset.UtcNow.AddHours(23.9), DateTimeOffset.UtcNow.AddHours(24));
        Assert.Single(bench.WhatsApp.MessagesTo(user));
        Assert.False(bench.Pbx.HasUnexpectedCall);
    }

    [Fact]
    public async Task Outside_the_window_the_template_is_sent_and_without_one_the_refusal_says_what_is_needed()
    {
        await using var bench = await PermissionBench.StartAsync(stores, asks: true);
        var user = bench.User();
        var refused = await bench.AskAsync(user);
        Assert.Equal((CommandOutcome.Refused, "template_needed"), (refused.Outcome, refused.Code));
        Assert.Equal(("403 The user has not permitted calls", "not_permitted", "none"), await bench.DialRefusedAsync(user));
        Assert.Empty(bench.WhatsApp.MessagesTo(user));

        await bench.SetAsync(settings => settings with { Template = new PermissionTemplate("call_permission", "en") });
        Assert.Equal(Asked, (await bench.DialRefusedAsync(user)).Line);
        Assert.Single(bench.WhatsApp.MessagesTo(user));
    }

    [Fact]
    public async Task Four_unanswered_calls_in_a_row_end_a_permission_and_are_published_once()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.WhatsApp.User(AutoMode.Decline);
        for (var i = 0; i < 4; i++)
        {
            await bench.Pbx.Dial("+" + user.Phone).FailedAsync();
            await bench.KnownAsync(user, contact =>
                contact.Permission.LastUnansweredAt is not null && contact.Permission.Unanswered == (i + 1) % 4, $"{i + 1} unanswered");
        }

        await bench.StateAsync(user, PermissionState.Revoked);
        Assert.Equal(("403 The user's permission was revoked", "not_permitted", "revoked"), await bench.DialRefusedAsync(user));
        Assert.Equal(["permission.granted", "permission.revoked"], await bench.EventsAsync(user));
    }

    [Fact]
    public async Task A_user_who_called_may_be_called_back_where_the_number_has_that_switched_on()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        await bench.SetAsync(settings => settings with { CallbackPermission = true });
        await Eventually.SeeAsync(() => bench.WhatsApp.Number.CallbackPermission, "the number grants call-backs");
        var user = bench.User(AutoMode.Answer);
        await bench.WhatsApp.PlaceAsync(user);
        await (await bench.Pbx.NextAsync()).RejectAsync(486); // missed

        var contact = await bench.StateAsync(user, PermissionState.Temporary);
        Assert.Equal(PermissionDecider.Automatic, contact.Permission.DecidedBy);
        // by the record of the call, where the grant had the contact's row as the call was admitted
        await bench.KnownAsync(user, known => PermissionRules.WindowIsOpen(known.Permission, DateTimeOffset.UtcNow), "the window is open");
        var agent = bench.Pbx.Dial("+" + user.Phone);
        await agent.AnsweredAsync();
        await agent.HangUpAsync();
    }

    [Theory]
    [InlineData("user-number-changed.json")]
    [InlineData("user-id-changed.json")]
    public async Task A_user_who_changes_number_or_id_keeps_permission_and_window(string vector)
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var text = await File.ReadAllTextAsync(Repository.File("tests", "Vectors", "webhooks", vector));
        var value = JsonNode.Parse(text)!["entry"]![0]!["changes"]![0]!["value"]!;
        var (message, system) = (value["messages"]![0]!, value["messages"]![0]!["system"]!);
        var before = new WhatsAppUser((string?)message["from"], (string?)system["previous_user_id"] ?? (string?)message["from_user_id"]);
        var after = new WhatsAppUser((string?)system["wa_id"], (string?)system["user_id"]);
        var now = DateTimeOffset.UtcNow;
        await bench.Contacts.ApplyAsync(
            bench.Channel, before, now, known => known.Granted(now, null, isPermanent: true, PermissionDecider.User, new())
                .WindowOpened(now, new()), null, CancellationToken.None);

        message["timestamp"] = $"{now.ToUnixTimeSeconds()}";
        value["metadata"]!["phone_number_id"] = bench.Channel.Value;
        for (var i = 0; i < 2; i++)
            Assert.Equal(200, await bench.Calls.Relay.SendAsync(value.Root.ToJsonString()));

        var moved = await Eventually.SeeAsync(
            () => bench.Contacts.FindAsync(bench.Channel, after, CancellationToken.None), contact => contact is not null,
            "the user under the new name");
        Assert.True(PermissionRules.MayCall(moved!.Permission, now) && PermissionRules.WindowIsOpen(moved.Permission, now));
    }
}
