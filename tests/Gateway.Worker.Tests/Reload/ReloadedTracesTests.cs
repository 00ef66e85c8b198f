using System.Text.Json.Nodes;
using Gateway.Storage.Tracing;
using Gateway.Worker.Tests.Calls.Bench;
using Gateway.Worker.Tests.Tracing;
using Npgsql;
using Sandbox.Calls;

namespace Gateway.Worker.Tests.Reload;

/// <summary>Traces of calls begin and end with a reload; the next call is the first that notices.</summary>
public sealed class ReloadedTracesTests(ReloadBench bench) : IClassFixture<ReloadBench>
{
    [Fact]
    public async Task Traces_are_kept_of_calls_that_begin_while_they_are_asked_for()
    {
        using var restored = bench.Restored();
        Assert.Equal(["trace.calls"], await ApplyAsync("All"));
        var kept = await CallAsync();
        Assert.Equal(["trace.calls"], await ApplyAsync("None"));
        var left = await CallAsync();
        Assert.Equal(["trace.calls"], await ApplyAsync("All"));
        var last = await CallAsync();

        await using var database = NpgsqlDataSource.Create(bench.Worker.Stores.Postgres);
        var store = new CallTraceStore(database);
        foreach (var call in new[] { kept, last })
            await Eventually.SeeAsync(
                () => store.FindAsync(call.Id, CancellationToken.None), found => found is not null, "the trace of the call");
        Assert.Null(await store.FindAsync(left.Id, CancellationToken.None)); // traces are written in the order in which calls end
        restored.Dispose();
        await bench.ReloadAsync(); // for the other test
    }

    [Fact]
    public async Task Of_a_channel_as_many_calls_are_kept_as_it_asks_for()
    {
        using var restored = bench.Restored();
        bench.Edit(root =>
        {
            root["trace"] = new JsonObject { ["calls"] = "Sampled", ["sampled"] = 0 };
            root["channels"]![0]!["traceSampled"] = 1;
        });
        Assert.Empty((await bench.ReloadAsync()).Errors);
        await using var database = NpgsqlDataSource.Create(bench.Worker.Stores.Postgres);
        var call = await CallAsync();
        await Eventually.SeeAsync(
            () => new CallTraceStore(database).FindAsync(call.Id, CancellationToken.None), found => found is not null,
            "the trace of the call");
        restored.Dispose();
        await bench.ReloadAsync();
    }

    [Fact]
    public async Task A_capture_server_that_is_named_anew_gets_what_begins_from_then_on()
    {
        await using var first = new HepReceiver(isTcp: false);
        await using var second = new HepReceiver(isTcp: true);
        using var restored = bench.Restored();
        await SendToAsync(first);
        await EndsAtAsync(first, calls: 1);
        await SendToAsync(second);
        await EndsAtAsync(second, calls: 1);
        Assert.Single(Ended(first));
        Assert.DoesNotContain(Ended(first).Single().Correlation, second.Packets.Select(packet => packet.Correlation));
        restored.Dispose();
        await bench.ReloadAsync();
    }

    private static IEnumerable<ReceivedHep> Ended(HepReceiver server) =>
        server.Packets.Where(packet => packet.Payload.StartsWith("end: ", StringComparison.Ordinal));

    private async Task<IReadOnlyList<string>> ApplyAsync(string calls)
    {
        bench.Edit(root => root["trace"] = new JsonObject { ["calls"] = calls });
        var report = await bench.ReloadAsync();
        Assert.Empty(report.Errors);
        Assert.Empty(report.NeedsRestart);
        return report.Applied;
    }

    private async Task SendToAsync(HepReceiver server)
    {
        bench.Edit(root => root["hep"] = new JsonObject { ["endpoint"] = server.Endpoint });
        Assert.Equal(["hep.endpoint"], (await bench.ReloadAsync()).Applied);
    }

    private async Task EndsAtAsync(HepReceiver server, int calls)
    {
        await CallAsync();
        await Eventually.SeeAsync(() => Ended(server).Count() == calls, "the end of the call");
    }

    private async Task<SandboxCall> CallAsync()
    {
        var (call, agent) = await bench.Worker.LiveAsync();
        await agent.HangUpAsync();
        await Eventually.SeeAsync(() => bench.Worker.RowsAsync(call), rows => rows is [{ Cause: not null }], "the record of the call");
        return call;
    }
}
