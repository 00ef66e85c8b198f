using System.Diagnostics;
using System.Text;
using Testing;
using Testing.Peers;

namespace Interop.Linphone;

/// <summary>
/// Linphone's console phone, registered with the gateway: it answers by itself, plays a tone, and speaks RTCP XR (RFC 3611), which no other
/// peer here does. Owns its process and its folder.
/// </summary>
public sealed class LinphonePhone : IAsyncDisposable
{
    private const int Rate = 8000;

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-linphone-").FullName;
    private readonly StringBuilder _log = new();
    private readonly Process _process;

    /// <param name="user">At the registrar.</param>
    /// <param name="password">Of the user.</param>
    /// <param name="registrar">The gateway's UDP address.</param>
    /// <param name="toneHertz">What it plays into its calls.</param>
    public LinphonePhone(string user, string password, string registrar, double toneHertz)
    {
        var configuration = Path.Combine(_folder, "linphonerc");
        var tone = Path.Combine(_folder, "tone.wav");
        WaveFile.WriteTone(tone, toneHertz, Rate, TimeSpan.FromMinutes(3));
        File.WriteAllText(configuration, $"""
            [sip]
            sip_port={LoopbackPorts.Take()}
            sip_tcp_port=0
            sip_tls_port=0
            default_proxy=0
            guess_hostname=1
            register_only_when_network_is_up=0
            use_ipv6=0

            [rtp]
            audio_rtp_port={LoopbackPorts.Take(2)}
            rtcp_xr_enabled=1
            rtcp_xr_voip_metrics_enabled=1

            [proxy_0]
            reg_proxy=<sip:{registrar};transport=udp>
            reg_identity=sip:{user}@{registrar}
            reg_expires=60
            reg_sendregister=1

            [auth_info_0]
            username={user}
            passwd={password}

            """);
        var start = new ProcessStartInfo("linphonec", ["-a", "-c", configuration])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder,
        };
        Directory.CreateDirectory(Path.Combine(_folder, ".local", "share", "linphone")); // without it nothing listens, and nothing says why
        start.Environment["HOME"] = _folder;
        _process = Process.Start(start) ?? throw new InvalidOperationException("linphonec did not start.");
        _process.OutputDataReceived += (_, line) => Log(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _process.StandardInput.WriteLine("soundcard use files");
        _process.StandardInput.WriteLine($"play {tone}");
    }

    /// <summary>From Debian's packages, where it is not here yet.</summary>
    public static async Task InstallAsync()
    {
        using var need = Process.Start(Repository.File("deploy", "local", "need"), ["linphone-cli"]);
        await need.WaitForExitAsync();
    }

    public string Log()
    {
        lock (_log)
            return _log.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Log(string? line)
    {
        lock (_log)
            _log.AppendLine(line);
    }
}
