using System.Net;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Health;

/// <summary>
/// `health CONFIGURATION`: asks the gateway of this configuration, on this machine, for /healthz, so that a container needs neither a shell
/// nor curl for its health check.
/// </summary>
internal static class HealthCommand
{
    /// <summary>Less than the timeout that container engines give a health check by default (30 s) and that ours give it (5 s).</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(4);

    /// <returns>The exit code: 1 where there is no good answer in time.</returns>
    public static async Task<int> RunAsync(GatewayOptions options, TextWriter output)
    {
        var listener = HttpListeners.EndPointOf(options.Http.Operations);
        // A listener on every address is reached on loopback.
        var isAny = listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any);
        var host = isAny ? IPAddress.Loopback : listener.Address;
        var address = new Uri($"http://{new IPEndPoint(host, listener.Port)}/healthz");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Deadline };
        try
        {
            using var answer = await client.GetAsync(address);
            await output.WriteLineAsync($"{address}: {(int)answer.StatusCode}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await output.WriteLineAsync($"{address}: {e.Message}");
            return 1;
        }
    }
}
