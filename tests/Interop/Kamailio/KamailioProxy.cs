using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Interop.Kamailio;

/// <summary>
/// Kamailio as a proxy between the gateway and a PBX, as session border controllers do it: record-routing, with the topology hidden (module
/// topoh: neither side sees the other's Via, Contact, Record-Route and Call-ID). Ends with this object.
/// </summary>
public sealed class KamailioProxy : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-kamailio-").FullName;
    private readonly Process _process;
    private readonly StringBuilder _log = new();

    private KamailioProxy(int port, int gateway, int pbx)
    {
        var configuration = Path.Combine(_folder, "kamailio.cfg");
        File.WriteAllText(configuration, Text(port, gateway, pbx));
        // -DD: in the foreground; a memory pool that fits a test; one worker a socket keeps messages in order.
        _process = Process.Start(new ProcessStartInfo("kamailio",
            ["-f", configuration, "-DD", "-E", "-n", "1", "-m", "16", "-M", "4", "-Y", _folder, "-P", Path.Combine(_folder, "pid")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("Kamailio did not start.");
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>A proxy on 127.0.0.1 that forwards from one side's port to the other's.</summary>
    public static async Task<KamailioProxy> StartAsync(int port, int gateway, int pbx)
    {
        var proxy = new KamailioProxy(port, gateway, pbx);
        using var limit = new CancellationTokenSource(StartTimeout);
        try
        {
            while (!await AnswersAsync(port, limit.Token))
                if (proxy._process.HasExited)
                    throw new InvalidOperationException("Kamailio ended at once:\n" + proxy.Log());
            return proxy;
        }
        catch (Exception e)
        {
            var log = proxy.Log();
            await proxy.DisposeAsync();
            throw new InvalidOperationException("Kamailio did not come up:\n" + log, e);
        }
    }

    public string Log()
    {
        lock (_log)
            return _log.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>It answers an OPTIONS to itself once it is up.</summary>
    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellation)
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var from = ((IPEndPoint)socket.Client.LocalEndPoint!).Port;
        var text =
            $"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{from};branch=z9hG4bK{from};rport\r\nMax-Forwards: 1\r\n"
            + $"From: <sip:probe@127.0.0.1>;tag={from}\r\nTo: <sip:127.0.0.1:{port}>\r\nCall-ID: probe-{from}\r\nCSeq: 1 " +
                $"OPTIONS\r\nContent-Length: 0\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), new IPEndPoint(IPAddress.Loopback, port), cancellation);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        wait.CancelAfter(TimeSpan.FromMilliseconds(200));
        try
        {
            return (await socket.ReceiveAsync(wait.Token)).Buffer.Length > 0;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            await Task.Delay(50, cancellation);
            return false;
        }
    }

    private static string Text(int port, int gateway, int pbx) => $$"""
        #!KAMAILIO
        debug=1
        log_stderror=yes
        children=1
        auto_aliases=no
        listen=udp:127.0.0.1:{{port}}
        loadmodule "kex.so"
        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "rr.so"
        loadmodule "pv.so"
        loadmodule "maxfwd.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "topoh.so"
        modparam("topoh", "mask_key", "interop")
        modparam("topoh", "mask_ip", "127.0.0.8")
        modparam("topoh", "mask_callid", 1)
        modparam("rr", "enable_full_lr", 1)
        request_route {
          if (!mf_process_maxfwd_header("10")) {
            sl_send_reply("483", "Too Many Hops");
            exit;
          }
          if (is_method("OPTIONS") && uri==myself && $rU==$null) {
            sl_send_reply("200", "OK");
            exit;
          }
          if (is_method("CANCEL")) {
            if (t_check_trans()) t_relay();
            exit;
          }
          if (has_totag()) {
            if (loose_route()) {
              t_relay();
              exit;
            }
            if (is_method("ACK") && t_check_trans()) {
              t_relay();
              exit;
            }
            sl_send_reply("404", "Not Here");
            exit;
          }
          if (!is_method("REGISTER")) record_route();
          if ($sp == {{pbx}}) {
            $du = "sip:127.0.0.1:{{gateway}}";
          } else {
            $du = "sip:127.0.0.1:{{pbx}}";
          }
          t_relay();
        }
        """;

    private void Note(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.AppendLine(line);
    }
}
