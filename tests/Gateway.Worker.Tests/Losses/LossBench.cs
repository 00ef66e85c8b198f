using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Spool;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Sandbox.Users;
using StackExchange.Redis;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Losses;

/// <summary>
/// One line of the table, tried: a call is live and another rings when a store is lost, new ones come meanwhile and afterwards. The cells
/// are a closed set of phrases, each with what is asserted of it.
/// </summary>
internal sealed class LossBench(StoreLoss loss, CallBench bench, Purse purse)
{
    public static async Task RunAsync(string lost, string live, string ringing, string fresh, string records)
    {
        await using var loss = await StoreLoss.PrepareAsync(lost);
        await using var purse = await Purse.OpenAsync(loss.Before, 100);
        await using var bench = await CallBench.StartAsync(
            loss.Stores, options => options with
            {
                Node = options.Node with { LostAfter = TimeSpan.FromSeconds(5) }, // a sixth of it is between two sweeps
                Storage = loss.Configure(options.Storage),
                Calls = options.Calls with
                {
                    WhenStoreIsUnavailable = loss.Policy, Preparation = TimeSpan.FromSeconds(10), // for a busy machine
                },
            });
        await new LossBench(loss, bench, purse).TryAsync(live, ringing, fresh, records);
    }

    private async Task TryAsync(string live, string ringing, string fresh, string records)
    {
        var talking = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(talking);
        await Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(talking.User.Phone), rows => rows is [{ WasAnswered: true }], "the pick-up is written");
        var called = await bench.WhatsApp.PlaceAsync();
        var phone = await bench.Pbx.NextAsync();

        await loss.Break();
        var taken = await NewAsync(fresh);
        Assert.Equal("can be answered", ringing);
        await phone.AnswerAsync();
        await WhatsAppSide.UntilAsync(called, CallState.Active);
        Assert.Equal("go on", live);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(talking, Pbx.Hertz);
        await bench.WhatsApp.HangUpAsync(talking);
        await agent.EndedAsync();
        await RecordedAsync(talking, records);

        await loss.Repair();
        await Eventually.SeeAsync(
            async () => (await bench.Gateway.GetAsync("/readyz")).Body,
            body => body.Contains("\"redis\":\"ok\"", StringComparison.Ordinal)
                && body.Contains("\"postgres\":\"ok\"", StringComparison.Ordinal), "the stores are whole", body => body);
        await Eventually.SeeAsync(IsListedAsync, listed => listed, "every server of Redis answers");
        await phone.HangUpAsync();
        if (taken is not null)
            await bench.WhatsApp.HangUpAsync(taken);
        await WhatsAppSide.UntilAsync(called, CallState.Ended);
        await bench.Gateway.IsIdleAsync();
        var last = await TakenAgainAsync();
        await bench.LiveAsync(last);
        await bench.WhatsApp.HangUpAsync(last);
        await bench.EndsAsync(last, HangupCause.WhatsAppHungUp);
        await bench.EndsAsync(talking, HangupCause.WhatsAppHungUp);
        await bench.EndsAsync(called, HangupCause.PbxHungUp);
        await using var after = purse.At(loss.After);
        await ChargedAsync(after, answered: taken is null ? 3 : 4);
    }

    /// <summary>A new call. One that comes within a second of the last vain question to PostgreSQL is refused without another.</summary>
    private async Task<SandboxCall> TakenAgainAsync() =>
        (await Eventually.SeeAsync(TryCallAsync, call => call is not null, "a new call is taken"))!;

    private async Task<SandboxCall?> TryCallAsync()
    {
        var call = await bench.WhatsApp.PlaceAsync();
        await Eventually.SeeAsync(() => bench.Pbx.HasUnexpectedCall || call.State == CallState.Ended, "it rings or is refused");
        if (call.State == CallState.Ended)
            return null;
        await (await bench.Pbx.NextAsync()).AnswerAsync();
        return call;
    }

    /// <summary>Of a Cluster, /readyz asks one server only.</summary>
    private async Task<bool> IsListedAsync()
    {
        try
        {
            return (await bench.Gateway.LiveAsync()).Count > 0;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>A user's call; null where it is not taken.</summary>
    private async Task<SandboxCall?> NewAsync(string fresh)
    {
        var call = await bench.WhatsApp.PlaceAsync();
        switch (fresh)
        {
            case "are taken" or "are taken, within `calls.outageCap`":
                await (await bench.Pbx.NextAsync()).AnswerAsync();
                await WhatsAppSide.UntilAsync(call, CallState.Active);
                Assert.Equal(200, (await bench.Gateway.GetAsync("/readyz")).Status); // a node that takes calls must get its webhooks
                return call;
            case "are refused (`storage_unavailable`)":
                await WhatsAppSide.UntilAsync(call, CallState.Ended);
                await Eventually.SeeAsync(() => WhatsAppSide.Actions(call) is ["reject 200"], "it was rejected"); // noted after its end
                var dialled = bench.Pbx.Dial(bench.WhatsApp.User(AutoMode.Answer).Phone);
                Assert.Equal(503, (await dialled.FailedAsync()).Status);
                Assert.Equal(503, (await bench.Gateway.GetAsync("/readyz")).Status);
                return null;
            default:
                throw new InvalidOperationException($"No test knows what this is: {fresh}");
        }
    }

    /// <summary>The record of a call that ended meanwhile.</summary>
    private Task RecordedAsync(SandboxCall call, string records) => records switch
    {
        "written at once" => Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(call.User.Phone), rows => rows is [{ HasEnded: true }], "the record is written"),
        "wait in the spool, then written once" => Eventually.SeeAsync(
            () => bench.Gateway.Service<RecordSpool>().Count > 0, "the record waits"),
        _ => throw new InvalidOperationException($"No test knows what this is: {records}"),
    };

    private static async Task ChargedAsync(Purse purse, int answered)
    {
        var talks = await Eventually.SeeAsync(purse.TalkAsync, talks => talks.Count == answered, $"{answered} answered calls");
        // An admission that PostgreSQL carried out when it was back may hold money of a call that was refused, until the next sweep.
        var (balance, _, charges) = await Eventually.SeeAsync(purse.LookAsync, seen => seen.Held == 0, "nothing is held");
        Assert.Equal(100 - charges.Sum(), balance);
        Assert.Equal(talks.Select(talk => 0.01m * (int)Math.Ceiling(talk.TotalSeconds)).Order(), charges.Order());
    }
}
