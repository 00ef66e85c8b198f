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
        SipMethod.Invite, SipMethod.Ack, SipMethod.Bye, SipMethod.Cancel, SipMethod.Options, SipMethod.Register, SipMethod.Prack, SipMethod.Update,
        SipMethod.Info, SipMethod.Refer, SipMethod.Subscribe, SipMethod.Notify, SipMethod.Message, new("PUBLISH"),
    ];

    /// <summary>What starts or retargets a dialog.</summary>
    private static readonly SipMethod[] ContactMethods = [SipMethod.Invite, SipMethod.Refer, SipMethod.Subscribe, SipMethod.Update];

    /// <summary>
    /// Null: go on. ACK always passes: it is never answered. CANCEL passes unless malformed: it must not carry Require (RFC 3261 §9.1).
    /// </summary>
    public static SipRefusal? Validate(SipRequest request, SipCapabilities capabilities)
    {
        if (request.Method == SipMethod.Ack)
            return null;
        if (CheckMethod(request, capabilities) is { } wrongMethod)
            return wrongMethod;
        if (!request.Uri.IsSip && !request.Uri.IsTel)
            return new SipRefusal(416, "uri_scheme");
        if (CheckAddresses(request) is { } malformed)
            return malformed;
        if (request.Method == SipMethod.Cancel)
            return null;
        return CheckHops(request) ?? CheckRequire(request, capabilities) ?? CheckContent(request, capabilities) ?? CheckAccept(request);
    }

    private static SipRefusal? CheckMethod(SipRequest request, SipCapabilities capabilities)
    {
        if (capabilities.Methods.Contains(request.Method))
            return null;
        return new SipRefusal(KnownMethods.Contains(request.Method) ? 405 : 501, "method", new SipHeader("Allow", capabilities.Allow));
    }

    /// <summary>
    /// Route and Contact are followed later, so every one of them must be readable; what starts a dialog needs exactly one Contact (RFC
    /// 3261 §8.1.1.8, §12.1.1).
    /// </summary>
    private static SipRefusal? CheckAddresses(SipRequest request)
    {
        foreach (var name in (ReadOnlySpan<string>)["Route", "Record-Route", "Contact"])
        {
            var values = request.Headers.All(name);
            if (request.Method == SipMethod.Register && name == "Contact")
                values = values.Where(value => value != "*");
            if (!values.All(value => NameAddr.TryParse(value, out _)))
                return new SipRefusal(400, "malformed_address");
        }
        if (!ContactMethods.Contains(request.Method))
            return null;
        var contacts = request.Headers.All("Contact").Count();
        if (contacts == 0 && !request.TopVia.HasUniqueBranch && request.From.Tag is null)
            return null; // RFC 2543 did not ask for it; the From is the target then (RFC 4475 §3.4.1)
        return contacts == 1 && request.Contact!.Uri.IsSip ? null : new SipRefusal(400, "contact");
    }

    /// <summary>
    /// A gateway between two call legs would forward what comes with no hops left; other requests end here and may come with 0 (RFC 7332,
    /// RFC 4475 §3.3.11).
    /// </summary>
    private static SipRefusal? CheckHops(SipRequest request) =>
        request.Method == SipMethod.Invite && request.ToTag.Length == 0 && request.Number("Max-Forwards") == 0 ? new SipRefusal(483, "hops") : null;

    private static SipRefusal? CheckRequire(SipRequest request, SipCapabilities capabilities)
    {
        var unknown = string.Join(", ", request.Headers.Tokens("Require").Except(capabilities.Extensions, StringComparer.OrdinalIgnoreCase));
        return unknown.Length == 0 ? null : new SipRefusal(420, "require", new SipHeader("Unsupported", unknown));
    }

    /// <summary>RFC 3261 §8.2.3: a body we do not understand is refused, unless its sender called it optional.</summary>
    private static SipRefusal? CheckContent(SipRequest request, SipCapabilities capabilities)
    {
        if (request.Body.IsEmpty)
            return null;
        if (request.ContentType is not { } contentType)
            return new SipRefusal(400, "content_type");
        if (!request.Headers.Tokens("Content-Encoding").All(coding => coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            return new SipRefusal(415, "content_encoding", new SipHeader("Accept-Encoding", "identity"));
        if (capabilities.Accepts(contentType) || IsOptional(request))
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
        return request.Headers.Tokens("Accept").Any(range => MediaType.Covers(range, MediaType.Sdp)) ? null : new SipRefusal(406, "accept");
    }

    private static bool IsOptional(SipRequest request)
    {
        var disposition = request.Headers["Content-Disposition"];
        return disposition is not null && string.Equals(MediaType.Parameter(disposition, "handling"), "optional", StringComparison.OrdinalIgnoreCase);
    }
}
