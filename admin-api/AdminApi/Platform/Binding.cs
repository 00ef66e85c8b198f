using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace AdminApi.Platform;

/// <summary>The check of the addresses to which the API binds, and of the proxies that it
/// trusts. Keys must not cross a network in the clear.</summary>
public static class Binding
{
    public const string DefaultUrl = "http://127.0.0.1:8081";

    /// <summary>Throws where plain HTTP would be open to others than this machine and the trusted proxies.</summary>
    /// <exception cref="InvalidOperationException">The address is public, with neither TLS nor a trusted proxy.</exception>
    public static void RefuseOpenDoors(IConfiguration configuration, AdminApiOptions options)
    {
        var named = (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? ""));
        var open = named.Where(url => !IsClosed(BindingAddress.Parse(url))).ToArray();
        if (open.Length > 0 && options.Proxies.Count == 0)
        {
            throw new InvalidOperationException(
                $"{string.Join(", ", open)}: plain HTTP on an address that others can reach. Use https with a certificate "
                + "(Kestrel__Certificates__Default__Path and KeyPath), or name the reverse proxies that may connect "
                + $"({AdminApiOptions.Section}__TrustedProxies), or bind to 127.0.0.1.");
        }
    }

    /// <summary>Lets only the proxies and this machine connect without TLS, and takes
    /// the address that they forward as the caller's.</summary>
    public static void UseTrustedProxies(this WebApplication app, AdminApiOptions options)
    {
        if (options.Proxies.Count == 0)
            return;
        app.Use((context, next) =>
        {
            var peer = context.Connection.RemoteIpAddress;
            if (context.Request.IsHttps || peer is null || IPAddress.IsLoopback(peer)
                || options.Proxies.Any(proxy => proxy.Contains(Plain(peer))))
                return next(context);
            context.Abort();
            return Task.CompletedTask;
        });
        var forwarded =
            new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
        forwarded.KnownIPNetworks.Clear();
        forwarded.KnownProxies.Clear();
        foreach (var proxy in options.Proxies)
            forwarded.KnownIPNetworks.Add(proxy);
        app.UseForwardedHeaders(forwarded);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsClosed(BindingAddress address) =>
        address.Scheme == Uri.UriSchemeHttps
        || address.IsUnixPipe || address.IsNamedPipe
        || string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
