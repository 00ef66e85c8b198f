using System.Diagnostics;
using System.Net.Sockets;
using Interop.Bench;

namespace Interop.Sipp;

/// <summary>A foreign TLS stack between the gateway and SIPp, which speaks TCP: socat with OpenSSL.</summary>
public sealed class TlsRelay : IAsyncDisposable
{
    private readonly Process _process;

    private TlsRelay(string from, string to) =>
        _process = Process.Start(new ProcessStartInfo("socat", [from, to]) { RedirectStandardError = true })!;

    /// <summary>Where the gateway connects with TLS, SIPp is reached with TCP.</summary>
    public static Task<TlsRelay> BeforePbxAsync(int tlsPort, string pbx, string certificate) => StartAsync(
        tlsPort, $"OPENSSL-LISTEN:{tlsPort},bind=127.0.0.1,reuseaddr,fork,cert={certificate},verify=0", $"TCP:{pbx}");

    /// <summary>Where SIPp connects with TCP, the gateway is reached with TLS, and has to show a certificate that is trusted.</summary>
    public static Task<TlsRelay> BeforeGatewayAsync(int tcpPort, int gatewayPort, string certificate) => StartAsync(
        tcpPort, $"TCP-LISTEN:{tcpPort},bind=127.0.0.1,reuseaddr,fork", $"OPENSSL:127.0.0.1:{gatewayPort},cafile={certificate},commonname=localhost");

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

    private static bool Listens(int port) => File.ReadLines("/proc/net/tcp").Any(line => line.Contains($" 0100007F:{port:X4} 00000000:0000 0A", StringComparison.Ordinal));
}
