namespace Gateway.Sip.Messages;

/// <summary>
/// The checks a user agent server makes before anybody sees a request, in the RFC's order (RFC 3261 §8.2.1 to §8.2.3). Pure. Not looked at
/// here: authentication, dialogs (481), merged requests (482), Session-Expires (422).
/// </summary>
public static class RequestValidator
{
    /// <summary>
    /// Methods that exist; refused with 405 when we do not take them, while 501 is for methods nobody knows (RFC 3261 §21.4.6, §21.5.2).
    /// </summary>
    private static readonly SipMethod[] KnownMethods =
    [
        SipMethod.Invite, SipMethod.Ack, SipMethod.Bye, SipMethod.Cancel, SipMethod.Options, SipMethod.Register, SipMethod.Prack,
        SipMethod.Update, SipMethod.Info, SipMethod.Refer, SipMethod.Subscribe, SipMethod.Notify, SipMethod.Message, new("PUBLISH"),
    ];

    /// <summary>The methods that start a dialog, or bind an address.</summary>
    private static readonly SipMethod[] ContactMethods = [SipMethod.Invite, SipMethod.Subscribe, SipMethod.Register];

    /// <summary>
    /// Null: go on. ACK always passes: it is never answered. CANCEL nearly: it must not carry Require (RFC 3261 §9.1).
    /// </summary>
    public static SipRefusal? Validate(SipRequest request, SipCapabilities capabilities)
    {
        if (request.Method == SipMethod.Ack)
            return null;
        if (CheckMethod(request, capabilities) is { } wrongMethod)
            return wrongMethod;
        if (!request.Uri.IsSip && !request.Uri.IsTel)
            return new SipRefusal(416, "uri_scheme");
        if (request.Method == SipMethod.Cancel)
            return null;
        return CheckAddresses(request) ?? CheckHops(request) ?? CheckRequire(request, capabilities) ?? CheckContent(request, capabilities)
            ?? CheckAccept(request);
    }

    private static SipRefusal? CheckMethod(SipRequest request, SipCapabilities capabilities)
    {
        if (capabilities.Methods.Contains(request.Method))
            return null;
        return new SipRefusal(KnownMethods.Contains(request.Method) ? 405 : 501, "method", new SipHeader("Allow", capabilities.Allow));
    }

    /// <summary>
    /// The addresses of a request that starts something are followed later, so they must be readable, and what starts a dialog needs a
    /// Contact (RFC 3261 §8.1.1.8, §12.1.1; the first counts). Inside a dialog they are known already: a refresh without Contact leaves the
    /// target as it is, and a BYE must end its call whatever else it carries.
    /// </summary>
    private static SipRefusal? CheckAddresses(SipRequest request)
    {
        if (request.ToTag.Length > 0)
            return null;
        var needsContact = ContactMethods.Contains(request.Method);
        foreach (var name in needsContact ? (ReadOnlySpan<string>)["Route", "Record-Route", "Contact"] : ["Route", "Record-Route"])
        {
            var values = request.Headers.All(name);
            if (request.Method == SipMethod.Register && name == "Contact")
                values = values.Where(value => value != "*");
            if (!values.All(value => NameAddr.TryParse(value, out _)))
                return new SipRefusal(400, "malformed_address");
        }
        if (!needsContact || request.Method == SipMethod.Register)
            return null;
        if (!request.Headers.Contains("Contact") && !request.TopVia.HasUniqueBranch && request.From.Tag is null)
            return null; // RFC 2543 did not ask for it; the From is the target then (RFC 4475 §3.4.1)
        return request.Contact is { Uri.IsSip: true } ? null : new SipRefusal(400, "contact");
    }

    /// <summary>
    /// A gateway between two call legs would forward what comes with no hops left; other requests end here and may come with 0 (RFC 7332,
    /// RFC 4475 §3.3.11).
    /// </summary>
    private static SipRefusal? CheckHops(SipRequest request) =>
        request.Method == SipMethod.Invite && request.ToTag.Length == 0
            && request.Number("Max-Forwards") == 0 ? new SipRefusal(483, "hops") : null;

    private static SipRefusal? CheckRequire(SipRequest request, SipCapabilities capabilities)
    {
        var unknown = string.Join(
            ", ", request.Headers.Tokens("Require").Except(capabilities.Extensions, StringComparer.OrdinalIgnoreCase));
        return unknown.Length == 0 ? null : new SipRefusal(420, "require", new SipHeader("Unsupported", unknown));
    }

    /// <summary>
    /// RFC 3261 §8.2.3: a body we do not understand is refused, unless its sender called it optional. That of a BYE does not matter, and
    /// that of an INFO is its package's affair (RFC 6086 §4.2.2).
    /// </summary>
    private static SipRefusal? CheckContent(SipRequest request, SipCapabilities capabilities)
    {
        if (SipBody.IsBlank(request.Body) || request.Method == SipMethod.Bye || request.Method == SipMethod.Info)
            return null;
        if (!MediaType.IsReadable(request.ContentType))
            return SipBody.TryFind(request, MediaType.Sdp, out _) ? null : new SipRefusal(400, "content_type");
        if (!request.Headers.Tokens("Content-Encoding").All(coding => coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            return new SipRefusal(415, "content_encoding", new SipHeader("Accept-Encoding", "identity"));
        if (capabilities.Accepts(request.ContentType!) || IsOptional(request))
            return null;
        if (capabilities.ContentTypes.Any(type => SipBody.TryFind(request, type, out _)))
            return null;
        return new SipRefusal(415, "content_type", new SipHeader("Accept", capabilities.Accept));
    }

    /// <summary>Our answers carry SDP (RFC 3261 §20.1; RFC 4475 §3.3.15).</summary>
    private static SipRefusal? CheckAccept(SipRequest request)
    {
        if (request.Method != SipMethod.Invite || !request.Headers.Contains("Accept"))
            return null;
        var ranges = request.Headers.Tokens("Accept").Where(MediaType.IsReadable).ToList();
        return ranges.Count == 0 || ranges.Exists(range => MediaType.Covers(range, MediaType.Sdp)) ? null : new SipRefusal(406, "accept");
    }

    private static bool IsOptional(SipRequest request)
    {
        var disposition = request.Headers["Content-Disposition"];
        return disposition is not null
            && string.Equals(MediaType.Parameter(disposition, "handling"), "optional", StringComparison.OrdinalIgnoreCase);
    }
}
