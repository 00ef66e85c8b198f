using System.Diagnostics;
using System.Net.Sockets;
using Interop.Bench;

namespace Interop.Sipp;

/// <summary>An independent TLS stack between the gateway and SIPp, which uses TCP: socat with OpenSSL.</summary>
public sealed class TlsRelay : IAsyncDisposable
{
    private readonly Process _process;

    private TlsRelay(string from, string to) =>
        _process = Process.Start(new ProcessStartInfo("socat", [from, to]) { RedirectStandardError = true })!;

    /// <summary>The gateway connects here with TLS and reaches SIPp over TCP.</summary>
    public static Task<TlsRelay> BeforePbxAsync(int tlsPort, string pbx, string certificate) => StartAsync(
        tlsPort, $"OPENSSL-LISTEN:{tlsPort},bind=127.0.0.1,reuseaddr,fork,cert={certificate},verify=0", $"TCP:{pbx}");

    /// <summary>SIPp connects here with TCP and reaches the gateway over TLS, which must show a trusted certificate.</summary>
    public static Task<TlsRelay> BeforeGatewayAsync(int tcpPort, int gatewayPort, string certificate) => StartAsync(
        tcpPort, $"TCP-LISTEN:{tcpPort},bind=127.0.0.1,reuseaddr,fork",
        $"OPENSSL:127.0.0.1:{gatewayPort},cafile={certificate},commonname=localhost");

    private static async Task<TlsRelay> StartAsync(int port, string from, string to)
    {
        var relay = new TlsRelay(from, to);
        await Eventually.SeeAsync(() => Task.FromResult(Listens(port)), "socat listens");
        return relay;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true); // it forks for each connection
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static bool Listens(int port) =>
        File.ReadLines("/proc/net/tcp").Any(line => line.Contains($" 0100007F:{port:X4} 00000000:0000 0A", StringComparison.Ordinal));
}
