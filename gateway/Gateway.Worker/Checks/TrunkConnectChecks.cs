using System.Net;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Gateway.Worker.Configuration;
using Media.Engine;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Worker.Checks;

/// <summary>
/// Sends each trunk OPTIONS from the configured addresses, by ports of their own since the gateway may be running. Nothing is registered:
/// whether the PBX takes a registration, the running gateway says.
/// </summary>
internal static class TrunkConnectChecks
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public static async Task<IReadOnlyList<CheckLine>> FindAsync(
        GatewayOptions options, TimeProvider time, CancellationToken cancellation)
    {
        if (options.Sip.Trunks.Count == 0)
            return [CheckLine.Ok("trunks", "none is configured")];
        try
        {
            var full = Trunks.Endpoint(
                new ConfigurationSnapshot(options, time.GetUtcNow()), DescriptorBudget.Of(options, DescriptorBudget.ReadLimit()),
                new ConfiguredPhones([]));
            await using var endpoint = new SipEndpoint(
                full with
                {
                    Listeners = [.. full.Listeners.Where(one => !one.Transport.IsWebSocket()).Select(
                        one => one with { Bind = new IPEndPoint(one.Bind.Address, 0), AdvertisedPort = null })],
                    Trunks = [.. full.Trunks.Where(trunk => trunk.Registrar is null).Select(Asked)],
                },
                SystemEntropy.Instance, time, NullLoggerFactory.Instance);
            await endpoint.StartAsync(cancellation);
            while (options.Sip.Trunks.Any(trunk => endpoint.GetTrunkHealth(trunk.Name)?.State is null or TrunkState.Unknown)
                && !cancellation.IsCancellationRequested)
                await Task.Delay(Look, CancellationToken.None);
            return [.. options.Sip.Trunks.Select(trunk => Line(trunk, endpoint.GetTrunkHealth(trunk.Name)))];
        }
        catch (Exception e) when (e is ArgumentException or System.Net.Sockets.SocketException or IOException
            or System.Security.Cryptography.CryptographicException or OperationCanceledException)
        {
            return [CheckLine.Wrong("trunks", e.Message, "check sip.listen and sip.tls")];
        }
    }

    private static TrunkOptions Asked(TrunkOptions trunk) => trunk with
    {
        Listener = null,
        RegisterUser = null,
        Profile = trunk.Profile with { OptionsInterval = Math.Max(trunk.Profile.OptionsInterval, 60) },
    };

    private static CheckLine Line(TrunkConfiguration trunk, TrunkHealth? health)
    {
        var subject = $"trunk '{trunk.Name}'";
        if (health is { State: TrunkState.Up })
            return CheckLine.Ok(subject, $"{trunk.Server} answers OPTIONS in {health.RoundTrip?.TotalMilliseconds ?? 0:0} ms"
                + (trunk.Register is null ? "" : "; whether it takes the registration, /readyz of the running gateway says"));
        var cause = health?.Cause ?? "OPTIONS not answered";
        return CheckLine.Wrong(subject, $"{trunk.Server}: {cause}", cause switch
        {
            _ when cause.Contains("no address", StringComparison.Ordinal) =>
                "check the name in sip.trunks[].server, and this host's name servers",
            _ when cause.StartsWith("TLS", StringComparison.Ordinal) => "check sip.tls.authorityPath, the PBX's certificate, and its name",
            _ when cause.Contains("answered", StringComparison.Ordinal) && !cause.Contains("not answered", StringComparison.Ordinal) =>
                "the PBX refuses this host: let it know the address of sip.listen as a trunk",
            _ => "check sip.trunks[].server and transport, firewalls on the way, and that the PBX knows this host's address",
        });
    }
}
