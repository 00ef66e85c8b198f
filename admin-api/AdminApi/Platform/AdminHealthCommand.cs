using System.Net;
using Microsoft.AspNetCore.Http;

namespace AdminApi.Platform;

/// <summary>
/// `AdminApi health`: asks the admin API of this machine for /healthz at the first of its `urls`, so that a container needs neither a shell
/// nor curl for its health check.
/// </summary>
public static class AdminHealthCommand
{
    public const string Verb = "health";

    /// <summary>Less than a container's health check is given (5 s).</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(4);

    /// <returns>The exit code: 1 where there is no good answer in time.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        var configuration = new ConfigurationBuilder().AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables().AddCommandLine(args[1..]).Build();
        var address = Address(configuration["urls"] ?? Binding.DefaultUrl);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        // The certificate bears the name that others use; this is the same machine, and nothing secret is sent.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        using var client = new HttpClient(handler) { Timeout = Deadline };
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

    /// <summary>Where the first listener is reached from this machine: one on every address ("*", "0.0.0.0"), on loopback.</summary>
    public static Uri Address(string urls)
    {
        var listener = BindingAddress.Parse(urls.Split(';')[0].Trim());
        var isOne = IPAddress.TryParse(listener.Host.Trim('[', ']'), out var one)
            && !one.Equals(IPAddress.Any) && !one.Equals(IPAddress.IPv6Any);
        var host = isOne ? listener.Host : "127.0.0.1";
        return new Uri($"{listener.Scheme}://{host}:{listener.Port}/healthz");
    }
}
