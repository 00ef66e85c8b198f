using System.Runtime.InteropServices;
using Load.Capacity;
using Load.Comparisons;
using Load.Hold;
using Load.Memory;
using Load.Nodes;
using Load.Reloads;
using Load.Snapshots;
using Load.Soaks;
using Load.Stages;
using Load.Takeovers;
using Load.Traces;
using Load.Upgrade;

// Load [options]            a soak of the whole gateway
// Load capacity [options]   what calls cost, and how many there can be, beside other servers on the same streams
// Load stages [options]     which stage of a call's set-up takes what of the gateway's CPU
// Load memory [options]     the gateway's memory over many calls
// Load nodes [options]      one node, two, three: what a node more costs, and what it asks of the stores
// Load snapshots [options]  what it costs that live calls leave snapshots for other nodes
// Load takeover [options]   a node with live calls is killed: when all are heard again
// Load traces [options]     what traces of calls cost
// Load setups [options]     what set-ups cost, beside another gateway
// Load hold [options]       many live calls and new ones beside them for a long time
// Load reloads [options]    reloads of the configuration under steady calls
// Load upgrade [options]    gateways restarted one after the other under steady calls
// tests/Benchmarks/README.md has the commands.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopAll);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopAll);
try
{
    return await RunAsync();
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}

void StopAll(PosixSignalContext signal)
{
    signal.Cancel = true; // everything that was started is stopped first
    stop.Cancel();
}

async Task<int> RunAsync()
{
    switch (args)
    {
        case ["capacity", .. var rest] when CapacityOptions.Read(rest) is { } capacity:
            return await new CapacityRun(capacity).RunAsync(stop.Token);
        case ["stages", .. var rest] when StageOptions.Read(rest) is { } stages:
            return await new StageRun(stages).RunAsync(stop.Token);
        case ["memory", .. var rest] when MemoryOptions.Read(rest) is { } memory:
            return await new MemoryRun(memory).RunAsync(stop.Token);
        case ["hold", .. var rest] when HoldOptions.Read(rest) is { } hold:
            return await new HoldRun(hold).RunAsync(stop.Token);
        case ["nodes", .. var rest] when NodesOptions.Read(rest) is { } nodes:
            return await new NodesRun(nodes).RunAsync(stop.Token);
        case ["reloads", .. var rest] when ReloadLoadOptions.Read(rest) is { } reloads:
            return await new ReloadRun(reloads).RunAsync(stop.Token);
        case ["upgrade", .. var rest] when UpgradeOptions.Read(rest) is { } upgrade:
            return await new UpgradeRun(upgrade).RunAsync(stop.Token);
        case ["snapshots", .. var rest] when SnapshotOptions.Read(rest) is { } snapshots:
            return await new SnapshotRun(snapshots).RunAsync(stop.Token);
        case ["takeover", .. var rest] when TakeoverOptions.Read(rest) is { } takeover:
            return await new TakeoverRun(takeover).RunAsync(stop.Token);
        case ["traces", .. var rest] when TraceLoadOptions.Read(rest) is { } traces:
            return await new TraceLoadRun(traces).RunAsync(stop.Token);
        case ["setups", .. var rest] when SetUpOptions.Read(rest) is { } setUps:
            return await new SetUpRun(setUps).RunAsync(stop.Token);
        case [] or [['-', ..], ..] when LoadOptions.Read(args) is { } options:
            return await new Soak(options).RunAsync(stop.Token);
        default:
            Console.Error.WriteLine(string.Join(
                '\n', LoadOptions.Usage, CapacityOptions.Usage, StageOptions.Usage, MemoryOptions.Usage, HoldOptions.Usage,
                UpgradeOptions.Usage, ReloadLoadOptions.Usage, NodesOptions.Usage, SnapshotOptions.Usage, TakeoverOptions.Usage,
                TraceLoadOptions.Usage, SetUpOptions.Usage));
            return 2;
    }
}
