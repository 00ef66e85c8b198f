namespace Gateway.Sip.Messages;

/// <summary>What this user agent understands; the yardstick of <see cref="RequestValidator"/>.</summary>
/// <param name="Methods">Allowed methods, as in Allow.</param>
/// <param name="Extensions">Option tags, as in Supported.</param>
/// <param name="ContentTypes">Media types of bodies in lower case, as in Accept.</param>
public sealed record SipCapabilities(IReadOnlyList<SipMethod> Methods, IReadOnlyList<string> Extensions, IReadOnlyList<string> ContentTypes);

/// <summary>A request's refusal: status and the headers that explain it (Allow, Unsupported, Accept …).</summary>
public sealed record SipRefusal(int StatusCode, string Why, IReadOnlyList<SipHeader> Headers);

/// <summary>
/// The checks a user agent server makes before a transaction user sees a request, in the RFC's order (RFC 3261 §8.2.1 to §8.2.3, §16.3).
/// Pure; dialogs are not looked at here (481 is the dialog layer's).
/// </summary>
public static class RequestValidator
{
    /// <summary>Null: accept. An ACK is never answered, so it only passes or is dropped by the caller.</summary>
    public static SipRefusal? Validate(SipRequest request, SipCapabilities capabilities)
    {
        return CheckMethod(request, capabilities);
    }

    private static SipRefusal? CheckMethod(SipRequest request, SipCapabilities capabilities)
    {
        if (capabilities.Methods.Contains(request.Method))
            return null;
        return new SipRefusal(405, "method", [new SipHeader("Allow", string.Join(", ", capabilities.Methods))]);
    }
}
