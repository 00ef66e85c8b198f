using System.Net;
using System.Net.Sockets;
using AdminApi.Platform;

namespace AdminApi.Webhooks;

/// <summary>
/// The allowed targets of webhooks: public addresses by https, and the configured networks by http too. The address is checked when the
/// connection is made, so that a name that later resolves differently is no way into the network behind us. Redirects are not followed.
/// </summary>
public sealed class WebhookNetwork(AdminApiOptions options)
{
    /// <summary>IANA special-purpose address registries (RFC 6890): addresses that are not on the public internet.</summary>
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10",
            "fec0::/10", "ff00::/8",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>The fault in a URL, or null.</summary>
    public string? Fault(string url)
    {
        if (url.Length > 2000 || !Uri.TryCreate(url, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
            return "Must be an https URL of at most 2000 characters.";
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
            return "Must be without user name, password and fragment.";
        if (uri.Scheme == Uri.UriSchemeHttp && options.WebhookNetworks.Count == 0)
            return "http is allowed only for the private networks in AdminApi__Webhooks__AllowedNetworks.";
        return IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && !MayReach(address, uri.Scheme)
            ? "This address is not public, and not among AdminApi__Webhooks__AllowedNetworks."
            : null;
    }

    public HttpMessageHandler CreateHandler() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = ConnectAsync,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var scheme = context.InitialRequestMessage.RequestUri!.Scheme;
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
        var reachable = addresses.Where(address => MayReach(address, scheme)).ToArray();
        if (reachable.Length == 0)
            throw new HttpRequestException("The host has no address to which webhooks may be sent.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(reachable, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool MayReach(IPAddress address, string scheme)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return options.WebhookNetworks.Any(network => network.Contains(plain))
            || (scheme == Uri.UriSchemeHttps && !Special.Any(network => network.Contains(plain)));
    }
}
