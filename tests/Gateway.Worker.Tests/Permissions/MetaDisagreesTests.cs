using Gateway.Calls.Permissions;
using Gateway.Sip.Dialogs;
using Gateway.Storage.Commands;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Graph;
using Sandbox.Users;
using Testing;

namespace Gateway.Worker.Tests.Permissions;

/// <summary>Meta is right where our stored permissions differ from Meta's, and afterwards they agree.</summary>
[Collection(StoresCollection.Name)]
public sealed class MetaDisagreesTests(Stores stores)
{
    [Fact]
    public async Task A_permission_that_only_Meta_knows_of_lets_the_call_go_on()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial("+" + user.Phone);
        await agent.AnsweredAsync();
        await agent.HangUpAsync();

        var contact = await bench.StateAsync(user, PermissionState.Permanent);
        Assert.Equal(PermissionDecider.Meta, contact.Permission.DecidedBy);
    }

    [Fact]
    public async Task A_permission_that_only_we_know_of_is_revoked_by_138006()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.User();
        await GrantAsync(bench, user);

        var refused = await bench.DialRefusedAsync(user);
        Assert.Equal(("not_permitted", "revoked"), (refused.Refusal, refused.Permission));
        var contact = await bench.StateAsync(user, PermissionState.Revoked);
        Assert.Equal(PermissionDecider.Meta, contact.Permission.DecidedBy);
        Assert.Equal(["permission.granted", "permission.revoked"], await bench.EventsAsync(user));
    }

    [Fact]
    public async Task When_the_daily_calls_are_used_up_138012_bars_calls_and_keeps_the_permission()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        await GrantAsync(bench, user);
        for (var i = 0; i < bench.WhatsApp.Permissions.ConnectedPerDay; i++)
            bench.WhatsApp.Permissions.RecordConnected(bench.WhatsApp.Number, user);

        Assert.Equal("not_permitted", (await bench.DialRefusedAsync(user)).Refusal);
        var contact = await bench.KnownAsync(user, known => known.Permission.CallsBarredUntil is not null, "calls are barred");
        Assert.InRange(contact.Permission.CallsBarredUntil!.Value, DateTimeOffset.UtcNow.AddHours(23), DateTimeOffset.UtcNow.AddHours(24));
        Assert.Equal(
            ("403 The daily number of calls with this user is used up", "not_permitted", "permanent"), await bench.DialRefusedAsync(user));
    }

    [Fact]
    public async Task Requests_that_only_Meta_counted_bar_the_next_by_138009()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = await bench.UserWhoWroteAsync();
        bench.WhatsApp.Permissions.RecordRequest(bench.WhatsApp.Number, user, "wamid.another-app");

        var first = await bench.AskAsync(user);
        Assert.Equal((CommandOutcome.Refused, "whatsapp_error"), (first.Outcome, first.Code));
        Assert.Contains("138009", first.Text, StringComparison.Ordinal);
        var second = await bench.AskAsync(user);
        Assert.Equal("limit_at_meta", second.Code);
        Assert.InRange(second.FreeAt!.Value, DateTimeOffset.UtcNow.AddHours(23), DateTimeOffset.UtcNow.AddHours(24));
        Assert.Empty(bench.WhatsApp.MessagesTo(user));
    }

    [Fact]
    public async Task A_request_that_Meta_finds_needless_by_138017_tells_us_of_a_permanent_permission()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = await bench.UserWhoWroteAsync();
        bench.WhatsApp.Permissions.Grant(bench.WhatsApp.Number, user, permanent: true);

        Assert.Equal("whatsapp_error", (await bench.AskAsync(user)).Code);
        await bench.StateAsync(user, PermissionState.Permanent);
        Assert.Equal("already_permanent", (await bench.AskAsync(user)).Code);
    }

    [Fact]
    public async Task A_window_that_only_we_believe_open_is_closed_and_the_limits_are_not_used_up_by_it()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.User();
        var now = DateTimeOffset.UtcNow;
        await bench.Contacts.ApplyAsync(
            bench.Channel, PermissionBench.Identity(user), now, known => known.WindowOpened(now, new()), null, CancellationToken.None);

        Assert.Equal("whatsapp_error", (await bench.AskAsync(user)).Code);
        Assert.Equal("template_needed", (await bench.AskAsync(user)).Code);
    }

    [Fact]
    public async Task While_Meta_does_not_answer_our_store_decides()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        bench.WhatsApp.Plan(new PlannedFault { Action = "call_permissions", Count = 100, Status = 400, Code = 100 });
        var unexpectedSource = bench.WhatsApp.User(AutoMode.Answer);
        Assert.Equal(("403 The user has not permitted calls", "not_permitted", "none"), await bench.DialRefusedAsync(unexpectedSource));

        var known = bench.WhatsApp.User(AutoMode.Answer);
        await GrantAsync(bench, known);
        var agent = bench.Pbx.Dial("+" + known.Phone);
        await agent.AnsweredAsync();
        await agent.HangUpAsync();
        await agent.NextAsync<SipCallEvent.Ended>();
    }

    [Fact]
    public async Task An_operator_may_have_Meta_asked()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        Assert.Equal(CommandReply.Done, await bench.Commands.RefreshPermissionAsync(
            new NodeCommand.RefreshPermission(bench.Channel, PermissionBench.Identity(user)), CancellationToken.None));
        await bench.StateAsync(user, PermissionState.Permanent);
    }

    private static Task GrantAsync(PermissionBench bench, SandboxUser user)
    {
        var now = DateTimeOffset.UtcNow;
        return bench.Contacts.ApplyAsync(
            bench.Channel, PermissionBench.Identity(user), now,
            known => known.Granted(now, null, isPermanent: true, PermissionDecider.User, new()), null, CancellationToken.None);
    }
}
