using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Interop.Bench;
using Testing;
using Testing.Peers;

namespace Interop.Asterisk;

/// <summary>
/// One Asterisk of a test's own: started from the folder that tests/Interop/Asterisk/install makes, in a mount namespace and with files of
/// its own, so that several can run side by side. Driven over the manager interface; ends with this object.
/// </summary>
public sealed partial class AsteriskServer : IAsyncDisposable
{
    public const string Password = "bench-password";

    /// <summary>The caller of Asterisk's own calls.</summary>
    public const string AgentNumber = "1001";

    internal const int MediaPorts = 400;

    /// <summary>MixMonitor's raw files: 16-bit, 16 kHz.</summary>
    private const int RecordingRate = 16000;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly ConcurrentDictionary<AsteriskRelease, string> Roots = [];

    private readonly string _outside;
    private readonly Process _process;
    private readonly List<string> _output = [];
    private ManagerConnection? _manager;

    private AsteriskServer(AsteriskOptions options)
    {
        Options = options;
        var inside = "/srv/bench-" + Guid.NewGuid().ToString("n")[..8];
        var root = Roots.GetOrAdd(options.Release, Install);
        _outside = root + inside;
        AgentPort = LoopbackPorts.Take();
        ManagerPort = LoopbackPorts.Take();
        new AsteriskFiles(options, _outside, inside, ManagerPort, AgentPort, LoopbackPorts.Take(MediaPorts)).Write();
        // The mounts belong to this process's own namespace and end with it.
        const string Script = """
            mount --bind /proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" /usr/sbin/asterisk -f -C "$1"
            """;
        var start = new ProcessStartInfo(
            "unshare", ["--mount", "--propagation", "private", "sh", "-c", Script, root, inside + "/etc/asterisk.conf"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        _process = Process.Start(start) ?? throw new InvalidOperationException("Asterisk did not start.");
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public AsteriskOptions Options { get; }

    /// <summary>The address at which desk phones register: "127.0.0.1:PORT".</summary>
    public string Registrar => $"127.0.0.1:{AgentPort}";

    public ManagerConnection Manager => _manager!;

    private int AgentPort { get; }

    private int ManagerPort { get; }

    public static async Task<AsteriskServer> StartAsync(AsteriskOptions options)
    {
        var server = new AsteriskServer(options);
        try
        {
            using var timeout = new CancellationTokenSource(StartTimeout);
            while (server._manager is null)
            {
                if (server._process.HasExited)
                    throw new InvalidOperationException("Asterisk ended at once:\n" + server.Log());
                server._manager = await ManagerConnection.TryConnectAsync(ManagerEndPoint(server.ManagerPort), timeout.Token);
                if (server._manager is null)
                    await Task.Delay(50, timeout.Token);
            }
            await server._manager.WaitForAsync(e => e["Event"] == "FullyBooted", StartTimeout);
            if (Environment.GetEnvironmentVariable("INTEROP_TRACE") is not null)
                await server.ConsoleAsync("pjsip set logger on");
            return server;
        }
        catch (Exception e)
        {
            var log = server.Log();
            await server.DisposeAsync();
            throw new InvalidOperationException("Asterisk did not come up:\n" + log, e);
        }
    }

    /// <summary>Runs a console command and returns what it printed.</summary>
    public async Task<string> ConsoleAsync(string command) =>
        (await Manager.SendAsync("Command", ("Command", command))).Text;

    /// <summary>
    /// Asterisk calls <paramref name="channel"/> ("PJSIP/+15550001001@trunk") and, once it is answered, runs the service; the audio it
    /// hears is kept under <paramref name="recordAs"/>.
    /// </summary>
    public async Task OriginateAsync(string channel, string service, string recordAs)
    {
        var answer = await Manager.SendAsync(
            "Originate", ("Channel", channel), ("Context", "service"), ("Exten", service), ("Priority", "1"), ("Timeout", "90000"),
            ("CallerID", $"\"Agent\" <{AgentNumber}>"), ("Variable", "RECORD=" + recordAs), ("Async", "true"));
        if (answer["Response"] != "Success")
            throw new InvalidOperationException("Originate was refused: " + answer["Message"]);
    }

    /// <summary>A position in the stream of events, for <see cref="DigitsSince"/> and <see cref="HangupsSince"/>.</summary>
    public int Now() => Manager.Count;

    /// <summary>The keys that Asterisk has received on any channel since then.</summary>
    public string DigitsSince(int mark) => string.Concat(
        Manager.Events(e => e["Event"] == "DTMFEnd" && e["Direction"] == "Received", mark).Select(e => e["Digit"]));

    /// <summary>The Q.850 causes with which channels have ended since then.</summary>
    public IReadOnlyList<int> HangupsSince(int mark) =>
        [.. Manager.Events(e => e["Event"] == "Hangup", mark).Select(e => int.Parse(e["Cause"]))];

    /// <summary>RTP packets that Asterisk itself has received in current calls.</summary>
    public async Task<int> PacketsAsync() =>
        PacketCount().Matches(await ConsoleAsync("pjsip show channelstats")).Sum(line => int.Parse(line.Groups[1].Value));

    /// <summary>Names of the current channels.</summary>
    public async Task<IReadOnlyList<string>> ChannelsAsync() =>
        [.. (await Manager.ListAsync("CoreShowChannels", "CoreShowChannelsComplete")).Select(e => e["Channel"])];

    /// <summary>Waits until the desk phone that listens at this port has registered.</summary>
    public Task RegisteredAsync(string agent, int port) => Eventually.SeeAsync(
        async () => (await ConsoleAsync("pjsip show contacts")).Split('\n')
            .Any(line => line.Contains($" {agent}/sip:") && line.Contains($":{port} ")),
        $"{agent} has registered");

    /// <summary>The audio that the services "tone", "second" and "digits" heard from the caller with this number so far.</summary>
    public ToneDetector Heard(string callerDigits, string service, double hertz)
    {
        var detector = new ToneDetector(hertz, RecordingRate);
        var file = Path.Combine(_outside, "heard", $"{callerDigits}-{service}.sln16");
        if (!File.Exists(file))
            return detector;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length & ~1];
        stream.ReadExactly(bytes);
        detector.Listen(MemoryMarshal.Cast<byte, short>(bytes));
        return detector;
    }

    /// <summary>The end of its log, for messages of failed tests.</summary>
    public string Log()
    {
        var messages = Trace().Split('\n').TakeLast(120);
        lock (_output)
            return string.Join('\n', _output.TakeLast(20).Concat(messages));
    }

    /// <summary>Its whole log, with the SIP messages since "pjsip set logger on".</summary>
    public string Trace()
    {
        var file = Path.Combine(_outside, "log", "messages");
        return File.Exists(file) ? File.ReadAllText(file).Replace("\r", "", StringComparison.Ordinal) : "";
    }

    public async ValueTask DisposeAsync()
    {
        if (_manager is not null)
            await _manager.DisposeAsync();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        if (Environment.GetEnvironmentVariable("INTEROP_KEEP") is null)
            Directory.Delete(_outside, recursive: true);
    }

    private static System.Net.IPEndPoint ManagerEndPoint(int port) => new(System.Net.IPAddress.Loopback, port);

    [GeneratedRegex(@" (?:ulaw|alaw|g722|opus) +(\d+) ")]
    private static partial Regex PacketCount();

    private static string Install(AsteriskRelease release)
    {
        var suite = release == AsteriskRelease.Sixteen ? "bullseye" : "sid";
        var start = new ProcessStartInfo(
            Repository.File("tests", "Interop", "Asterisk", "install"), suite) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var root = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? root : throw new InvalidOperationException("tests/Interop/Asterisk/install failed; it needs root.");
    }

    private void Note(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.Add(line);
    }
}
