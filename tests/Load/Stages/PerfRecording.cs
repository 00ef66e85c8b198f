using System.Diagnostics;
using Testing;

namespace Load.Stages;

/// <summary>Samples of a gateway by perf, in a folder of its own.</summary>
internal sealed class PerfRecording : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-load-").FullName;
    private Process? _perf;
    private int _gateway;

    private PerfRecording()
    {
    }

    /// <summary>The gateway's: perf sees the names of compiled methods, and nothing was compiled ahead of time.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["DOTNET_PerfMapEnabled"] = "1", ["DOTNET_PerfMapJitDumpPath"] = _folder, ["DOTNET_EnableWriteXorExecute"] = "0",
        ["DOTNET_ReadyToRun"] = "0",
    };

    private string Data => Path.Combine(_folder, "perf.data");

    /// <summary>Installs perf where it is missing.</summary>
    public static async Task<PerfRecording> PrepareAsync(CancellationToken stop)
    {
        using var need = Process.Start(Repository.File("deploy", "local", "need"), ["linux-perf"]);
        await need.WaitForExitAsync(stop);
        return new PerfRecording();
    }

    /// <summary>Begins to sample, unless it has begun.</summary>
    /// <param name="gateway">The process.</param>
    /// <param name="seconds">How long.</param>
    public void Start(int gateway, double seconds)
    {
        _gateway = gateway;
        _perf ??= Process.Start("perf", ["record", "-q", "-F", "999", "--call-graph", "dwarf,16384", "-m", "16M", "-o", Data, "-p",
            $"{gateway}", "--", "sleep", $"{seconds}"]);
    }

    /// <summary>All samples, once that time is over.</summary>
    public async Task<IReadOnlyList<Sample>> ReadAsync(CancellationToken stop)
    {
        await _perf!.WaitForExitAsync(stop);
        return PerfFile.ReadSamples(Data, new MethodMap(Path.Combine(_folder, $"perf-{_gateway}.map")));
    }

    public void Dispose()
    {
        _perf?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
