using System.Diagnostics;
using Benchmarks;
using Load.Processes;
using Testing;
using Testing.Peers;

namespace Load.Servers;

/// <summary>Kamailio as a stateful proxy, and rtpengine in user space for the audio of its calls.</summary>
internal sealed class KamailioRtpengine : ILoadedServer
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-load-").FullName;
    private readonly int _sipPort = LoopbackPorts.Take();
    private readonly int _controlPort = LoopbackPorts.Take();
    private readonly CostOptions _codecs;
    private readonly SipEnds _ends;
    private readonly List<ChildProgram> _programs = [];

    public KamailioRtpengine(CostOptions codecs) => (_codecs, _ends) = (codecs, new SipEnds(_sipPort));

    public ProcessTree Processes => new([.. _programs.Select(program => program.Id)]);

    public ProcessTree? Stores => null;

    public async Task StartAsync(CancellationToken stop)
    {
        await NeedAsync(stop, "kamailio", "rtpengine-daemon");
        _programs.Add(new ChildProgram(
            "rtpengine", _folder,
            [
                "rtpengine", "--foreground", "--log-stderr", "--log-level=3", "--table=-1", "--interface=127.0.0.1",
                $"--listen-ng=127.0.0.1:{_controlPort}", "--port-min=61000", "--port-max=65534", $"--pidfile={_folder}/rtpengine.pid",
            ],
            new Dictionary<string, string>()));
        var configuration = Path.Combine(_folder, "kamailio.cfg");
        await File.WriteAllTextAsync(configuration, Configuration, stop);
        _programs.Add(new ChildProgram(
            "Kamailio", _folder,
            ["kamailio", "-f", configuration, "-DD", "-E", "-m", "256", "-M", "16", "-Y", _folder, "-P", Path.Combine(_folder, "pid")],
            new Dictionary<string, string>()));
        await _ends.ReadyAsync(
            () => _programs.FirstOrDefault(program => program.HasExited) is { } ended ? string.Join('\n', ended.Tail(40)) : null, stop);
    }

    public Task<bool> PlaceAsync(string user, BridgeFarEnd ends, CancellationToken stop) => _ends.PlaceAsync(user, ends, stop);

    public Task HangUpAsync(string user, CancellationToken stop) => _ends.HangUpAsync(user, stop);

    /// <summary>They keep no books here.</summary>
    public Task<string?> FindFaultAsync(int placed, int answered, CancellationToken stop) => Task.FromResult<string?>(null);

    public async ValueTask DisposeAsync()
    {
        foreach (var program in Enumerable.Reverse(_programs))
            await program.DisposeAsync();
        _ends.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task NeedAsync(CancellationToken stop, params string[] packages)
    {
        var start = new ProcessStartInfo(Repository.File("deploy", "local", "need"), packages) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0)
            throw new NotInstalledException(errors.Trim().ReplaceLineEndings(" "));
    }

    private string Transcoding => _codecs.IsPassThrough ? "" : "codec-mask-opus codec-transcode-PCMU";

    private string Configuration => $$"""
        #!KAMAILIO
        debug=-1
        log_stderror=yes
        children={{Environment.ProcessorCount}}
        auto_aliases=no
        listen=udp:127.0.0.1:{{_sipPort}}
        loadmodule "kex.so"
        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "rr.so"
        loadmodule "pv.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "rtpengine.so"
        modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:{{_controlPort}}")
        request_route {
          if (is_method("OPTIONS")) {
            sl_send_reply("200", "OK");
            exit;
          }
          if (has_totag()) {
            if (is_method("BYE")) rtpengine_delete();
            if (loose_route()) t_relay();
            exit;
          }
          record_route();
          if (is_method("INVITE")) {
            rtpengine_offer("replace-origin replace-session-connection ICE=remove RTP/AVP {{Transcoding}}");
            t_on_reply("ANSWER");
          }
          $du = "sip:127.0.0.1:{{_ends.PhonesPort}}";
          t_relay();
        }
        onreply_route[ANSWER] {
          if (has_body("application/sdp")) rtpengine_answer("replace-origin replace-session-connection");
        }
        """;
}
