using System.Globalization;
using Benchmarks;
using Load.Servers;
using Load.Streams;

namespace Load.Traces;

/// <summary>The gateway's CPU for the same set-ups without traces, with those of failures, and with a tenth of all calls and HEP.</summary>
internal sealed class TraceLoadRun(TraceLoadOptions options)
{
    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(1), WarmUp = TimeSpan.FromSeconds(30);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        (string Name, object Trace, object? Hep)[] ways =
        [
            ("none", new { calls = "None" }, null),
            ("failed", new { calls = "Failed" }, null),
            ("10 % sampled", new { calls = "Sampled", sampled = 0.1 }, null),
            ("10 % sampled, HEP", new { calls = "Sampled", sampled = 0.1 }, new { endpoint = "udp:127.0.0.1:9" }),
        ];
        double? without = null;
        foreach (var (name, trace, hep) in ways)
        {
            if (await MeasureAsync(trace, hep, stop) is not { } cost)
                return 1;
            without ??= cost;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"traces {name,-18} {cost:0.00} ms of CPU a set-up, {cost / without - 1:+0.0 %;-0.0 %}"));
        }
        return 0;
    }

    /// <summary>Milliseconds of CPU a set-up, the idle gateway's included. Null: a call was not answered.</summary>
    private async Task<double?> MeasureAsync(object trace, object? hep, CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program) { Trace = trace, Hep = hep };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs) { AreSilent = true };
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((options.Rate, WarmUp), Talk, () => { }, stop);
        List<double> read = [];
        var placed = await driver.PlaceAsync(
            (options.Rate, TimeSpan.FromSeconds(options.Seconds)), Talk, () => read.Add(server.Processes.CpuSeconds()), stop);
        if (placed.Unanswered == 0)
            return (read[^1] - read[0]) * 1000 / placed.Measured;
        Console.WriteLine($"{placed.Unanswered} calls were not answered; what the gateway said last:\n{server.LastWords}");
        return null;
    }
}
