using System.Net;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Resolution;

/// <summary>
/// RFC 3263 §4: from a target to the list of places to try, best first; the second is for when the first does not answer (§4.3).
/// Owns no socket: lookups go through <see cref="ISipDnsClient"/>.
/// </summary>
public sealed class SipResolver(ISipDnsClient dns, IEntropy entropy)
{
    /// <summary>More places than this are not tried for one request.</summary>
    public const int MaxDestinations = 16;

    /// <summary>
    /// Empty when nothing was found. Records that were known count on while their look-up fails (<see cref="DnsCache"/>): the address of
    /// the name itself may be another machine's.
    /// </summary>
    public async Task<IReadOnlyList<SipDestination>> ResolveAsync(SipTarget target, CancellationToken cancellation)
    {
        var destinations = new List<SipDestination>();
        if (IPAddress.TryParse(target.Host, out var literal))
        {
            var transport = ImpliedTransport(target);
            destinations.Add(new SipDestination(transport, TransportAddress.From(literal, transport.PortOr(target.Port)), target.Host));
            return destinations;
        }

        if (target.Port != 0 || !await TryAddServicesAsync(target, destinations, cancellation))
        {
            var transport = ImpliedTransport(target);
            await AddAddressesAsync(transport, target.Host, transport.PortOr(target.Port), target.Host, destinations, cancellation);
        }
        return destinations;
    }

    /// <summary>
    /// NAPTR names transports and SRV names (§4.1); without it, or with the transport known, SRV names are guessed. False: none is known,
    /// so that the name itself is the server (§4.2).
    /// </summary>
    private async Task<bool> TryAddServicesAsync(SipTarget target, List<SipDestination> destinations, CancellationToken cancellation)
    {
        List<(SipTransport Transport, string Service)> services = target.Transport is null
            ? SelectServices((await dns.QueryNaptrAsync(target.Host, cancellation)).Records, target.IsSecure) : [];
        var areThere = false;
        foreach (var (transport, service) in services.Count > 0 ? services : GuessServices(target))
            areThere |= await TryAddServersAsync(transport, service, target.Host, destinations, cancellation);
        return areThere;
    }

    private static List<(SipTransport Transport, string Service)> GuessServices(SipTarget target)
    {
        if (target.IsSecure)
            return [ServiceOf(SipTransport.Tls, target.Host)];
        if (target.Transport is { } known)
            return [ServiceOf(known, target.Host)];
        SipTransport[] usual = [SipTransport.Udp, SipTransport.Tcp, SipTransport.Tls];
        return [.. usual.Select(transport => ServiceOf(transport, target.Host))];
    }

    /// <summary>
    /// The NAPTR records that lead to an SRV record for a transport we have, in their order (RFC 3263 §4.1, RFC 3403 §4.1).
    /// </summary>
    public static List<(SipTransport Transport, string Service)> SelectServices(IEnumerable<NaptrRecord> records, bool isSecure)
    {
        List<(SipTransport, string)> services = [];
        foreach (var record in records.OrderBy(record => record.Order).ThenBy(record => record.Preference))
        {
            if (!record.Flags.Equals("s", StringComparison.OrdinalIgnoreCase) || record.Replacement.Length == 0)
                continue;
            SipTransport? transport = record.Service.ToUpperInvariant() switch
            {
                "SIPS+D2T" => SipTransport.Tls,
                "SIP+D2T" when !isSecure => SipTransport.Tcp,
                "SIP+D2U" when !isSecure => SipTransport.Udp,
                _ => null,
            };
            if (transport is not null)
                services.Add((transport.Value, record.Replacement));
        }
        return services;
    }

    /// <summary>True: there are such records, whether their servers have an address or not.</summary>
    private async Task<bool> TryAddServersAsync(
        SipTransport transport, string service, string host, List<SipDestination> destinations, CancellationToken cancellation)
    {
        var srv = await dns.QuerySrvAsync(service, cancellation);
        foreach (var record in SrvOrder.Sort(srv.Records, entropy))
        {
            if (record.Target.Length > 0 && record.Port > 0 && destinations.Count < MaxDestinations)
                await AddAddressesAsync(transport, record.Target, record.Port, host, destinations, cancellation);
        }
        return srv.Records.Count > 0;
    }

    private async Task AddAddressesAsync(
        SipTransport transport, string name, int port, string host, List<SipDestination> destinations, CancellationToken cancellation)
    {
        var addresses = await dns.QueryAddressesAsync(name, cancellation);
        foreach (var address in addresses.Records)
        {
            var destination = new SipDestination(transport, TransportAddress.From(address, port), host);
            if (destinations.Count < MaxDestinations && !destinations.Contains(destination))
                destinations.Add(destination);
        }
    }

    /// <summary>§4.1: with a port or an address, and for want of anything better, UDP; for sips TLS.</summary>
    private static SipTransport ImpliedTransport(SipTarget target) =>
        target.IsSecure ? SipTransport.Tls : target.Transport ?? SipTransport.Udp;

    private static (SipTransport Transport, string Service) ServiceOf(SipTransport transport, string host) => transport switch
    {
        SipTransport.Udp => (transport, $"_sip._udp.{host}"),
        SipTransport.Tcp => (transport, $"_sip._tcp.{host}"),
        _ => (transport, $"_sips._tcp.{host}"),
    };
}
