using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Dialogs;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Sandbox.Calls;
using Sandbox.Graph;
using Sandbox.Users;
using StackExchange.Redis;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>
/// kill -9 of the worker's process between any two steps of a call's end. After the next start there is one record and one charge, nothing
/// is held, and the user is not left in a dead call.
/// </summary>
public sealed class KilledWorkerTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    [Fact]
    public async Task While_the_call_is_live()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        await bench.NotedAsync(call);
        await bench.KillAsync();
        Assert.Equal(CallState.Active, call.State);

        await bench.StartAsync();
        await SettledAsync(call, purse, HangupCause.NodeLost);
        Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
        await bench.KillAsync();
    }

    [Fact]
    public async Task While_the_call_is_live_and_Redis_loses_everything()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        await Eventually.SeeAsync(() => bench.HasDialogsAsync(call), has => has, "its dialogs are stored");
        await bench.KillAsync();
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis + ",allowAdmin=true"))
            await redis.GetServers()[0].FlushAllDatabasesAsync();

        await bench.StartAsync();
        var ended = await agent.EndedAsync();
        Assert.Equal((SipCallEnd.Remote, 41), (ended.By, ended.Reason?.Cause));
        await WhatsAppSide.UntilAsync(call, CallState.Ended);
        var row = await bench.EndedRowAsync(call);
        Assert.Equal((WireName.Of(HangupCause.NodeLost), true), (row.Cause, row.Answered));
        Assert.Single((await purse.LookAsync()).Charges);
        await bench.KillAsync();
    }

    [Fact]
    public async Task While_the_call_is_live_and_another_node_hears_of_its_end()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        await bench.NotedAsync(call);
        await bench.KillAsync();
        await bench.WhatsApp.HangUpAsync(call);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var end = new WebhookEvent.CallTerminate(call.Id, TerminateOutcome.Completed, new WhatsAppUser(call.User.Phone));
        Assert.True(await new NodeInbox(redis).TryAddAsync("worker", new ForwardedEvent(end, 1).ToJson(), DateTimeOffset.UtcNow));

        await bench.StartAsync();
        Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
        await SettledAsync(call, purse, HangupCause.NodeLost);
        Assert.DoesNotContain(WhatsAppSide.Actions(call), action => action.StartsWith("terminate", StringComparison.Ordinal));
        Assert.Empty(await new NodeInbox(redis).ReadAsync("worker"));
        await bench.KillAsync();
    }

    [Fact]
    public async Task While_the_agent_of_a_live_call_asks_somebody()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        var target = await bench.AskAsync(call, "700");
        await bench.KillAsync();

        await bench.StartAsync();
        Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
        Assert.Equal(SipCallEnd.Remote, (await target.EndedAsync()).By);
        await SettledAsync(call, purse, HangupCause.NodeLost);
        await bench.KillAsync();
    }

    [Fact]
    public async Task While_a_call_that_an_agent_placed_is_live()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone);
        await agent.AnsweredAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await bench.NotedAsync(call);
        await bench.KillAsync();

        await bench.StartAsync();
        var ended = await agent.EndedAsync();
        Assert.Equal((SipCallEnd.Remote, 41), (ended.By, ended.Reason?.Cause));
        await SettledAsync(call, purse, HangupCause.NodeLost);
        await bench.KillAsync();
    }

    [Fact]
    public async Task After_the_end_was_decided_and_before_the_record_was_written()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        bench.WhatsApp.Plan(new PlannedFault { Action = "terminate", DelayMilliseconds = 60_000 });
        await agent.HangUpAsync();
        await agent.EndedAsync();
        Assert.Empty(bench.SpoolFiles());
        await bench.KillAsync();

        await bench.StartAsync();
        await SettledAsync(call, purse, HangupCause.NodeLost);
        await bench.KillAsync();
    }

    [Fact]
    public async Task After_the_record_was_written_and_before_PostgreSQL_took_it()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        bench.Stores.Freeze(StoreServer.Postgres);
        await agent.HangUpAsync();
        await Eventually.SeeAsync(() => bench.SpoolFiles().Length == 1, "the record is on the disk");
        await bench.KillAsync();
        bench.Stores.Thaw(StoreServer.Postgres);

        await bench.StartAsync();
        await SettledAsync(call, purse, HangupCause.PbxHungUp);
        await bench.KillAsync();
    }

    [Fact]
    public async Task After_PostgreSQL_took_the_record_and_before_its_file_went()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        bench.Stores.Freeze(StoreServer.Postgres);
        await agent.HangUpAsync();
        await Eventually.SeeAsync(() => bench.SpoolFiles().Length == 1, "the record is on the disk");
        var copy = bench.Copy(bench.SpoolFiles()[0]);
        bench.Stores.Thaw(StoreServer.Postgres);
        await SettledAsync(call, purse, HangupCause.PbxHungUp);
        await bench.KillAsync();
        bench.PutBack(copy);

        await bench.StartAsync();
        await SettledAsync(call, purse, HangupCause.PbxHungUp);
        await bench.KillAsync();
    }

    [Fact]
    public async Task After_the_file_went_and_before_Redis_had_it()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        bench.Stores.Freeze(StoreServer.Redis);
        await agent.HangUpAsync();
        await SettledAsync(call, purse, HangupCause.PbxHungUp);
        await bench.KillAsync();
        bench.Stores.Thaw(StoreServer.Redis);

        await bench.StartAsync();
        await SettledAsync(call, purse, HangupCause.PbxHungUp);
        await bench.KillAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_pick_up_while_PostgreSQL_was_unavailable(bool returns)
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await Eventually.SeeAsync(() => bench.RowsAsync(call), rows => rows is [{ Answered: false }], "the beginning is stored");
        bench.Stores.Freeze(StoreServer.Postgres);
        await agent.AnswerAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        await Eventually.SeeAsync(() => bench.SpooledAnswers().Length == 1, "the pick-up is on the disk");
        if (returns)
        {
            await Task.Delay(TimeSpan.FromSeconds(3)); // PostgreSQL is unavailable this long
            bench.Stores.Thaw(StoreServer.Postgres);
            await Eventually.SeeAsync(
                () => bench.RowsAsync(call), rows => rows is [{ Answered: true }], "the pick-up is written when it can be");
        }
        await bench.KillAsync();
        if (!returns)
            bench.Stores.Thaw(StoreServer.Postgres);

        await bench.StartAsync();
        await SettledAsync(call, purse, HangupCause.NodeLost);
        Assert.Empty(bench.SpooledAnswers());
        await bench.KillAsync();
    }

    private async Task SettledAsync(SandboxCall call, Purse purse, HangupCause cause)
    {
        await Eventually.SeeAsync(() => bench.SpoolFiles().Length == 0, "no record waits");
        var row = Assert.Single(await Eventually.SeeAsync(
            () => bench.RowsAsync(call), rows => rows.All(one => one.Cause is not null), "the record is complete"));
        Assert.Equal((WireName.Of(cause), true), (row.Cause, row.Answered));
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((10 - row.Pulses * 0.01m, 0m, row.Pulses * 0.01m), (balance, held, Assert.Single(charges)));
        await WhatsAppSide.UntilAsync(call, CallState.Ended);
    }
}
