using System.Diagnostics;
using Benchmarks;
using Load.Servers;
using Load.Streams;
using Load.Traces;
using Testing;

namespace Load.Stages;

/// <summary>
/// Samples the gateway (perf) while calls are set up with a second of talk, and says which stage of a call each sample belongs to.
/// </summary>
internal sealed class StageRun(StageOptions options)
{
    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-load-").FullName;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        try
        {
            return await SampleAsync(stop);
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>perf sees the names of compiled methods: nothing was compiled ahead of time.</summary>
    private Dictionary<string, string> Named => new()
    {
        ["DOTNET_PerfMapEnabled"] = "1", ["DOTNET_PerfMapJitDumpPath"] = _folder, ["DOTNET_EnableWriteXorExecute"] = "0",
        ["DOTNET_ReadyToRun"] = "0",
    };

    private async Task<int> SampleAsync(CancellationToken stop)
    {
        using (var need = Process.Start(Repository.File("deploy", "local", "need"), ["linux-perf"]))
            await need.WaitForExitAsync(stop);
        var file = Path.Combine(_folder, "perf.data");
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program, Named)
        {
            Adjust = options.Traces is { } way ? root => TraceConfiguration.Set(root, way) : null,
        };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs) { AreSilent = options.IsSilent };
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((options.PerSecond, TimeSpan.FromSeconds(options.WarmUp)), Talk, () => { }, stop);

        var cpu = new List<double>();
        Process? perf = null;
        var setUps = await driver.PlaceAsync((options.PerSecond, TimeSpan.FromSeconds(options.Seconds)), Talk, () =>
        {
            cpu.Add(server.Processes.CpuSeconds() * 1000);
            perf ??= Process.Start("perf", ["record", "-q", "-F", "999", "--call-graph", "dwarf,16384", "-m", "16M", "-o", file, "-p",
                $"{server.Id}", "--", "sleep", $"{options.Seconds}"]);
        }, stop);
        await perf!.WaitForExitAsync(stop);
        var samples = PerfFile.ReadSamples(file, new MethodMap(Path.Combine(_folder, $"perf-{server.Id}.map")));
        if (options.Keep is { } keep)
            await File.WriteAllLinesAsync(
                keep, samples.Select(one => $"{one.Thread}|{one.IsKernel}|{one.Library}|{string.Join('|', one.Frames)}"), stop);
        Console.WriteLine(StageTable.Write(samples, (cpu[1] - cpu[0]) / setUps.Measured, setUps));
        return setUps.Unanswered == 0 ? 0 : 1;
    }
}
