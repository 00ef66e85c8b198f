using Gateway.Sip.Trunks;
using Microsoft.AspNetCore.Http;

namespace Gateway.Sip.Transport;

/// <summary>The WebSockets that are let in.</summary>
/// <param name="Origins">Of pages, such as https://console.example.com; "*": any; none: the host that the page asks for.</param>
/// <param name="Tickets">Null: there are none.</param>
internal sealed record WebSocketAdmission(IReadOnlyList<string> Origins, IPhoneTickets? Tickets)
{
    /// <summary>A client that is no page names no origin, and needs none: the check is for browsers (RFC 6455 §10.2).</summary>
    public bool Allows(string? origin, HostString host)
    {
        if (string.IsNullOrEmpty(origin))
            return true;
        if (Origins.Count > 0)
            return Origins.Any(allowed => allowed == "*" || allowed.Equals(origin, StringComparison.OrdinalIgnoreCase));
        return Uri.TryCreate(origin, UriKind.Absolute, out var page)
            && host.HasValue && page.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
