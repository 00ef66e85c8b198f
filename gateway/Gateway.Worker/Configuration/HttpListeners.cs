using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Worker.Configuration;

/// <summary>
/// The two HTTP listeners: the public one serves only the path of webhooks, the one for operations everything else. The listener of a
/// request is determined by its connection, never by anything in the request.
/// </summary>
internal static class HttpListeners
{
    /// <summary>"http://127.0.0.1:8080", "http://[::1]:8080", "http://*:8080" and
    /// "http://localhost:8080"; a name stands for every address.</summary>
    public static bool TryParse(string text, out string host, out int port)
    {
        (host, port) = ("", 0);
        try
        {
            var address = BindingAddress.Parse(text);
            (host, port) = (address.Host, address.Port);
            return address.Scheme == Uri.UriSchemeHttp && address.PathBase.Length == 0 && !address.IsUnixPipe && !address.IsNamedPipe
                && port is >= 0 and <= IPEndPoint.MaxPort;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>The address that the listener binds; where the kernel has no IPv6, every address is every IPv4 address.</summary>
    public static IPEndPoint EndPointOf(string text)
    {
        if (!TryParse(text, out var host, out var port))
            throw new ArgumentException($"'{text}' is not a listener.", nameof(text)); // the options were checked before
        var address = IPAddress.TryParse(host.Trim('[', ']'), out var one)
            ? one : host == "localhost" ? IPAddress.Loopback
            : IPAddress.IPv6Any;
        return new IPEndPoint(address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6 ? IPAddress.Any : address, port);
    }

    public static void Listen(KestrelServerOptions kestrel, HttpOptions options)
    {
        kestrel.Listen(EndPointOf(options.Listen));
        kestrel.Listen(EndPointOf(options.Operations), listener => listener.Use(next => connection =>
        {
            connection.Features.Set(new OperationsListener());
            return next(connection);
        }));
    }

    /// <summary>Answers 404 for paths that the listener does not serve.</summary>
    public static void UseListeners(this WebApplication app, string webhookPath) => app.Use((context, next) =>
    {
        var isWebhook = string.Equals(
            context.Request.Path.Value?.TrimEnd('/'), webhookPath.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);
        if (isWebhook == context.Features.Get<OperationsListener>() is null)
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    /// <summary>Marks the connections of the listener for operations.</summary>
    private sealed record OperationsListener;
}
