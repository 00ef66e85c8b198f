using System.Diagnostics;
using Interop.Bench;
using Testing;
using Testing.Peers;

namespace Interop.Sipp;

/// <summary>The settings of one run of SIPp.</summary>
/// <param name="Scenario">A file of Scenarios/ without its ending.</param>
/// <param name="Pbx">Its address.</param>
public sealed record SippOptions(string Scenario, SippPbx Pbx)
{
    public bool OverTcp { get; init; }

    /// <summary>The number of concurrent runs of the scenario.</summary>
    public int Calls { get; init; } = 1;

    /// <summary>The values of the scenario's own keywords in brackets, beside contact and via, which always have one.</summary>
    public IReadOnlyList<(string Key, string Value)> Keys { get; init; } = [];
}

/// <summary>SIPp going through one scenario, echoing the RTP it gets.</summary>
public sealed class SippRun : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);

    private readonly SippOptions _options;
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-sipp-").FullName;
    private readonly Process _process;
    private readonly Task<string> _output;

    private SippRun(SippOptions options, IReadOnlyList<string> more)
    {
        _options = options;
        File.WriteAllText(
            ScenarioFile, FillIn(File.ReadAllText(Repository.File("tests", "Interop", "Sipp", "Scenarios", options.Scenario + ".xml"))));
        var start = new ProcessStartInfo(
            "sipp", [.. Arguments(), .. more]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        start.Environment["TERM"] = "vt100"; // it always draws a screen
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        ErrorOutput = _process.StandardError.ReadToEndAsync();
    }

    private Task<string> ErrorOutput { get; }

    private string ScenarioFile => Path.Combine(_folder, "scenario.xml");

    private string TraceFile => Path.Combine(_folder, "messages.log");

    private string ErrorFile => Path.Combine(_folder, "errors.log");

    /// <summary>Waits for a call; returns once it listens.</summary>
    public static async Task<SippRun> AnswerAsync(SippOptions options)
    {
        var run = new SippRun(options, []);
        try
        {
            await Eventually.SeeAsync(() => run._process.HasExited || run.Listens(), "SIPp listens", StartTimeout);
            if (run._process.HasExited)
                throw new InvalidOperationException("SIPp did not start.\n" + await run.ReportAsync());
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Calls <paramref name="service"/> at <paramref name="server"/>.</summary>
    public static SippRun Call(SippOptions options, string server, string service) =>
        new(options, ["-s", service, "-auth_uri", $"{service}@{server}", server]);

    /// <summary>Waits until the gateway has sent this many messages of this kind, repetitions not counted.</summary>
    public Task GetsAsync(string kind, string method, int count = 1) =>
        SeesAsync(trace => trace.Gateway(kind, method).Count >= count, $"'{_options.Scenario}' gets {kind} of {method} {count} times");

    /// <summary>Waits until SIPp itself has sent a message of this kind.</summary>
    public Task SendsAsync(string kind) =>
        SeesAsync(
            trace => trace.Messages.Any(message => !message.FromGateway && message.Kind == kind), $"'{_options.Scenario}' sends {kind}");

    /// <summary>Waits until the scenario is complete, and fails with the whole exchange when it took another course.</summary>
    public async Task<SippTrace> DoneAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        if (_process.ExitCode != 0)
            Assert.Fail($"SIPp left '{_options.Scenario}' with {_process.ExitCode}.\n" + await ReportAsync());
        return await TraceAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, ErrorOutput);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The messages so far.</summary>
    public async Task<SippTrace> TraceAsync() => SippTrace.Parse(File.Exists(TraceFile) ? await File.ReadAllTextAsync(TraceFile) : "");

    private async Task SeesAsync(Func<SippTrace, bool> wanted, string what) => await Eventually.SeeAsync(TraceAsync, wanted, what);

    private IEnumerable<string> Arguments()
    {
        var pbx = _options.Pbx;
        return
        [
            "-sf", ScenarioFile, "-m", $"{_options.Calls}", "-t", _options.OverTcp ? "t1" : "u1", "-i", pbx.Address, "-p", $"{pbx.Port}",
            "-bind_local", "-ci", pbx.Address,
            "-mi", pbx.Address, "-mp", $"{LoopbackPorts.Take(4)}", "-rtp_echo",
            "-timeout", "40s", "-timeout_error", "-recv_timeout", "20000", "-nostdin", "-skip_rlimit",
            "-trace_msg", "-message_file", TraceFile, "-trace_err", "-error_file", ErrorFile,
        ];
    }

    /// <summary>
    /// SIPp expands keywords neither in a status nor in parts read before the call, so the scenario is written out for each run.
    /// </summary>
    private string FillIn(string scenario)
    {
        var transport = _options.OverTcp ? "TCP" : "UDP";
        IEnumerable<(string Key, string Value)> keys =
            [.. _options.Keys, ("contact", $"sip:pbx@{_options.Pbx.Server};transport={transport.ToLowerInvariant()}"), ("via", transport)];
        // the test's value has precedence
        return keys.Aggregate(scenario, (text, key) => text.Replace($"[{key.Key}]", key.Value, StringComparison.Ordinal));
    }

    private bool Listens()
    {
        var port = $"{_options.Pbx.Port:X4}";
        var address = string.Concat(_options.Pbx.Address.Split('.').Reverse().Select(part => $"{byte.Parse(part):X2}"));
        return File.ReadLines(_options.OverTcp ? "/proc/net/tcp" : "/proc/net/udp")
            .Any(line => line.Contains($" {address}:{port} ", StringComparison.Ordinal));
    }

    private async Task<string> ReportAsync()
    {
        var report = new List<string> { $"{_options.Scenario} at {_options.Pbx.Server}" };
        foreach (var file in new[] { ErrorFile, TraceFile }.Where(File.Exists))
            report.Add(await File.ReadAllTextAsync(file));
        if (_process.HasExited)
            report.Add(await ErrorOutput);
        return string.Join("\n", report);
    }
}
