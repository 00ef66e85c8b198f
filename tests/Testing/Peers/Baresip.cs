using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Testing.Peers;

/// <summary>The settings of a <see cref="Baresip"/> phone.</summary>
public sealed record BaresipOptions
{
    /// <summary>User part of its address.</summary>
    public string User { get; init; } = "agent";

    /// <summary>The address of this machine that it has.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Registers there with this password, for example "127.0.0.1:5070"; null: a phone by address.</summary>
    public string? Registrar { get; init; }

    public string? Password { get; init; }

    public bool AutoAnswer { get; init; }

    /// <summary>"udp", "tcp" or "tls".</summary>
    public string Transport { get; init; } = "udp";

    /// <summary>Its port for UDP and TCP, with the next one for TLS; null: free ones.</summary>
    public int? SipPort { get; init; }

    /// <summary>PEM file with certificate and key; null: a generated one.</summary>
    public string? Certificate { get; init; }

    /// <summary>SDES-SRTP or nothing.</summary>
    public bool RequireSrtp { get; init; }

    /// <summary>In order of preference.</summary>
    public string Codecs { get; init; } = "pcmu,pcma";

    /// <summary>The tone that it plays into its calls; zero: silence.</summary>
    public double ToneHertz { get; init; } = 600;

    /// <summary>More account parameters, as baresip writes them.</summary>
    public string Extra { get; init; } = "";
}

/// <summary>
/// baresip, a third-party SIP phone: plays a tone into its calls, records the audio it hears, and is driven over its control
/// port. Owns its process and its folder.
/// </summary>
public sealed class Baresip : IAsyncDisposable
{
    private const int Rate = 8000;

    /// <summary>
    /// None: when the source of its audio changes (media moved by re-INVITE), baresip 1.0's jitter buffer keeps the old sequence numbers
    /// and drops the new source's packets for as long as theirs are smaller.
    /// </summary>
    private const string JitterFrames = "0-0";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-baresip-").FullName;
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly Channel<JsonElement> _messages = Channel.CreateUnbounded<JsonElement>();
    private TcpClient? _control;

    private Baresip(BaresipOptions options, int sipPort, int controlPort, int mediaPort)
    {
        Options = options;
        SipPort = sipPort;
        ControlPort = controlPort;
        WriteFiles(mediaPort);
        var start = new ProcessStartInfo(
            "baresip", ["-f", _folder]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        _process = Process.Start(start) ?? throw new InvalidOperationException("baresip did not start.");
        _process.OutputDataReceived += (_, line) => Log(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public BaresipOptions Options { get; }

    /// <summary>Its port for UDP and TCP; TLS is one higher.</summary>
    public int SipPort { get; }

    public string Log()
    {
        lock (_log)
            return _log.ToString();
    }

    private int ControlPort { get; }

    public static async Task<Baresip> StartAsync(BaresipOptions options, CancellationToken cancellation)
    {
        var ports = LoopbackPorts.Take(4);
        var phone = new Baresip(options, options.SipPort ?? ports, ports + 2, LoopbackPorts.Take(40));
        try
        {
            await phone.ConnectAsync(cancellation);
            return phone;
        }
        catch
        {
            await phone.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a command of baresip's menu, such as "dial" or "hold".</summary>
    public async Task CommandAsync(string command, string parameters, CancellationToken cancellation)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new { command, @params = parameters, token = "t" });
        var stream = _control!.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{json.Length}:"), cancellation);
        await stream.WriteAsync(json, cancellation);
        await stream.WriteAsync(","u8.ToArray(), cancellation);
    }

    /// <summary>Waits for an event of the given type ("CALL_INCOMING", "CALL_ESTABLISHED", "CALL_CLOSED" …), skipping others.</summary>
    public async Task<JsonElement> WaitForAsync(string type, CancellationToken cancellation)
    {
        try
        {
            await foreach (var message in _messages.Reader.ReadAllAsync(cancellation))
                if (message.TryGetProperty("type", out var found) && found.GetString() == type)
                    return message;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"baresip saw no {type}. Its log:\n{Log()}");
        }
        throw new InvalidOperationException($"baresip ended before {type}. Its log:\n{Log()}");
    }

    /// <summary>Forgets the events so far, and the audio of calls that are over.</summary>
    public void Forget()
    {
        while (_messages.Reader.TryRead(out _))
        {
        }
        foreach (var file in Directory.GetFiles(Path.Combine(_folder, "heard")))
            File.Delete(file);
    }

    /// <summary>The audio heard in the newest call so far: 8 kHz mono.</summary>
    public short[] Heard()
    {
        var newest = new DirectoryInfo(Path.Combine(_folder, "heard")).GetFiles("*-dec.wav").OrderByDescending(f => f.CreationTimeUtc)
            .FirstOrDefault();
        return newest is null ? [] : WaveFile.Read(newest.FullName);
    }

    /// <summary>True once at least half a second of the tone was heard in the newest call.</summary>
    public bool HeardTone(double hertz) => Listen(hertz).Heard;

    /// <summary>The time for which the tone was heard in the newest call, in tenths of a second.</summary>
    public int ToneBlocks(double hertz) => Listen(hertz).ToneBlocks;

    public async ValueTask DisposeAsync()
    {
        _control?.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private ToneDetector Listen(double hertz)
    {
        var detector = new ToneDetector(hertz, Rate);
        detector.Listen(Heard());
        return detector;
    }

    private void Log(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.AppendLine(line);
    }

    private void WriteFiles(int mediaPort)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "heard"));
        WaveFile.WriteTone(Path.Combine(_folder, "tone.wav"), Options.ToneHertz, Rate, TimeSpan.FromMinutes(3));
        File.WriteAllText(Path.Combine(_folder, "contacts"), "");
        var certificate = Path.Combine(_folder, "sip.pem"); // read at start, TLS or not
        if (Options.Certificate is { } given)
            File.Copy(given, certificate);
        else
            SelfSignedCertificate.Write(certificate);
        var host = Options.Registrar ?? $"{Options.Address}:{(Options.Transport == "tls" ? SipPort + 1 : SipPort)}";
        var account = new StringBuilder($"<sip:{Options.User}@{host};transport={Options.Transport}>");
        account.Append(Options.Registrar is null ? ";regint=0" : $";regint=60;auth_user={Options.User};auth_pass={Options.Password}");
        account.Append($";audio_codecs={Options.Codecs};answermode={(Options.AutoAnswer ? "auto" : "manual")}");
        if (Options.RequireSrtp)
            account.Append(";mediaenc=srtp-mand");
        File.WriteAllText(Path.Combine(_folder, "accounts"), account.Append(Options.Extra).Append('\n').ToString());
        File.WriteAllText(Path.Combine(_folder, "config"), $"""
            poll_method epoll
            net_interface {Options.Address}
            sip_listen {Options.Address}:{SipPort}
            sip_certificate {_folder}/sip.pem
            audio_source aufile,{_folder}/tone.wav
            audio_player aubridge,sink
            audio_alert aubridge,sink
            ausrc_srate {Rate}
            auplay_srate {Rate}
            ausrc_channels 1
            auplay_channels 1
            rtp_ports {mediaPort}-{mediaPort + 39}
            rtcp_mux no
            jitter_buffer_delay {JitterFrames}
            module_path /usr/lib/baresip/modules
            module g711.so
            module g722.so
            module aufile.so
            module aubridge.so
            module sndfile.so
            module srtp.so
            module_app account.so
            module_app menu.so
            module_app ctrl_tcp.so
            ctrl_tcp_listen 127.0.0.1:{ControlPort}
            snd_path {_folder}/heard

            """);
    }

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_process.HasExited)
                throw new InvalidOperationException("baresip ended at once:\n" + Log());
            var control = new TcpClient();
            try
            {
                await control.ConnectAsync(IPAddress.Loopback, ControlPort, cancellation);
                _control = control;
                _ = ReadAsync(control.GetStream());
                return;
            }
            catch (SocketException)
            {
                control.Dispose();
                await Task.Delay(50, cancellation);
            }
        }
    }

    /// <summary>Netstrings of JSON: "LENGTH:{…},".</summary>
    private async Task ReadAsync(NetworkStream stream)
    {
        try
        {
            while (true)
            {
                var length = 0;
                for (var digit = await ReadByteAsync(stream); digit != ':'; digit = await ReadByteAsync(stream))
                    length = length * 10 + digit - '0';
                var json = new byte[length + 1];
                await stream.ReadExactlyAsync(json);
                _messages.Writer.TryWrite(JsonSerializer.Deserialize<JsonElement>(json.AsSpan(0, length)));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or JsonException)
        {
            _messages.Writer.TryComplete();
        }
    }

    private static async Task<char> ReadByteAsync(NetworkStream stream)
    {
        var one = new byte[1];
        await stream.ReadExactlyAsync(one);
        return (char)one[0];
    }
}
