using Benchmarks;
using Load.Servers;
using Load.Streams;
using Load.Traces;

namespace Load.Stages;

/// <summary>
/// Samples the gateway (perf) while calls are set up with a little talk, and says which stage of a call each sample belongs to.
/// </summary>
internal sealed class StageRun(StageOptions options)
{
    private TimeSpan Talk => TimeSpan.FromSeconds(options.Talk);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var perf = await PerfRecording.PrepareAsync(stop);
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program, perf.Environment)
        {
            Adjust = options.Traces is { } way ? root => TraceConfiguration.Set(root, way) : null,
        };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs) { AreSilent = options.IsSilent };
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((options.PerSecond, TimeSpan.FromSeconds(options.WarmUp)), Talk, () => { }, stop);

        var cpu = new List<double>();
        var setUps = await driver.PlaceAsync((options.PerSecond, TimeSpan.FromSeconds(options.Seconds)), Talk, () =>
        {
            cpu.Add(server.Processes.CpuSeconds() * 1000);
            perf.Start(server.Id, options.Seconds);
        }, stop);
        var samples = await perf.ReadAsync(stop);
        if (options.Keep is { } keep)
            await File.WriteAllLinesAsync(
                keep, samples.Select(one => $"{one.Thread}|{one.IsKernel}|{one.Library}|{string.Join('|', one.Frames)}"), stop);
        Console.WriteLine(StageTable.Write(samples, (cpu[1] - cpu[0]) / setUps.Measured, setUps));
        return setUps.Unanswered == 0 ? 0 : 1;
    }
}
