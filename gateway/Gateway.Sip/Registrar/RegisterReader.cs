using System.Globalization;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>
/// Reads what a REGISTER of a proved user asks for (RFC 3261 §10.3 steps 6 and 7, RFC 3327 §5.3, RFC 5626 §6): contacts to keep, and those
/// to drop, which have run out already.
/// </summary>
internal sealed class RegisterReader(SipRequest request, string user, SipFlow flow, RegistrarOptions options, LocalAddresses local)
{
    /// <summary>Contact values, and Path values: no phone has as many.</summary>
    internal const int MaxValues = 10;

    internal const int MaxUriLength = 512;
    internal const int MaxTextLength = 256;

    /// <summary>RFC 3261 §10.3 step 7: only a time below an hour may be refused as too brief.</summary>
    private const uint OneHour = 3600;

    /// <summary>No Contact: the phone asks what is there.</summary>
    public bool IsFetch => !request.Headers.Contains("Contact");

    /// <summary>"Contact: *": all contacts are to go.</summary>
    public bool DropsAll => request.Headers["Contact"] == "*";

    /// <summary>RFC 5626 §6: the phone keeps several flows by number. Behind a proxy that does not say the same (ob) it cannot.</summary>
    public bool IsOutbound { get; private set; }

    /// <summary>Null: <paramref name="contacts"/> is what the request asks for, those to drop with a time that is over.</summary>
    public RegisterRefusal? Read(Instant now, out List<RegisteredContact> contacts)
    {
        contacts = [];
        var values = request.Headers.All("Contact").ToList();
        var path = request.Addresses("Path");
        if (values.Count > MaxValues || request.Headers.All("Path").Count() > MaxValues)
            return new RegisterRefusal(RegistrationResult.TooManyValues, 400, "Too many Contact or Path values");
        if (request.CallId.Length > MaxTextLength)
            return new RegisterRefusal(RegistrationResult.Malformed, 400, "Call-ID too long");
        if (CheckPath(path) is { } wrongPath)
            return wrongPath;
        if (values.Contains("*"))
            return values.Count == 1 && request.Number("Expires") == 0
                ? null
                : new RegisterRefusal(RegistrationResult.BadContact, 400, "Contact * stands alone, with Expires 0");
        foreach (var value in values)
        {
            if (!NameAddr.TryParse(value, out var contact))
                return new RegisterRefusal(RegistrationResult.BadContact, 400, "Malformed Contact");
            if (CheckContact(contact) is { } wrongContact)
                return wrongContact;
            var seconds = SecondsOf(contact);
            if (seconds > 0 && seconds < Math.Min((uint)options.MinExpires.TotalSeconds, OneHour))
                return new RegisterRefusal(
                    RegistrationResult.IntervalTooBrief, 423, null,
                    new SipHeader("Min-Expires", $"{(uint)options.MinExpires.TotalSeconds}"));
            contacts.Add(Create(contact, path, seconds, now));
        }
        return null;
    }

    /// <summary>
    /// RFC 3327 §5.3: a path that the phone did not ask for may be an attempt to stand between, so it is refused as recommended.
    /// </summary>
    private RegisterRefusal? CheckPath(IReadOnlyList<NameAddr> path)
    {
        if (path.Count == 0)
            return null;
        if (!request.Headers.HasToken("Supported", "path"))
            return new RegisterRefusal(RegistrationResult.BadExtension, 420, null, new SipHeader("Unsupported", "path"));
        return path.Any(hop => !hop.Uri.IsSip || !hop.Uri.IsLooseRouter || hop.ToString().Length > MaxUriLength)
            ? new RegisterRefusal(RegistrationResult.Malformed, 400, "Path has to name loose routers")
            : null;
    }

    private RegisterRefusal? CheckContact(NameAddr contact)
    {
        var uri = contact.Uri;
        if (!uri.IsSip)
            return new RegisterRefusal(RegistrationResult.BadContact, 400, "Contact has to be a SIP URI");
        if (uri.IsSecure && flow.Transport is not (SipTransport.Tls or SipTransport.Wss))
            return new RegisterRefusal(RegistrationResult.BadContact, 403, "A sips Contact has to register over TLS");
        if (uri.ToString().Length > MaxUriLength || contact.Parameters["+sip.instance"] is { Length: > MaxTextLength })
            return new RegisterRefusal(RegistrationResult.BadContact, 400, "Contact too long");
        var transport = uri.IsSecure || uri.Transport == "tls" ? SipTransport.Tls : SipTransport.Udp;
        return local.Advertises(uri.HostPort with { Port = transport.PortOr(uri.Port) })
            ? new RegisterRefusal(RegistrationResult.BadContact, 403, "Contact names this gateway")
            : null;
    }

    private RegisteredContact Create(NameAddr contact, IReadOnlyList<NameAddr> path, uint seconds, Instant now)
    {
        var instance = contact.Parameters["+sip.instance"];
        var regId = SipGrammar.TryParseNumber(contact.Parameters["reg-id"], int.MaxValue, out var number) && number > 0
            ? number : (uint?)null;
        var isFirstHop = request.Headers.All("Via").Count() == 1 || (path.Count > 0 && path[^1].Uri.Parameters.Has("ob"));
        var isOutbound = instance is not null && regId is not null && isFirstHop && request.Headers.HasToken("Supported", "outbound");
        IsOutbound |= isOutbound;
        return new RegisteredContact
        {
            User = user,
            Uri = contact.Uri with { EscapedHeaders = "" },
            Flow = flow,
            Path = path,
            Q = QOf(contact),
            ExpiresAt = now + TimeSpan.FromSeconds(seconds),
            RegisteredAt = now,
            RefreshedAt = now,
            Instance = instance,
            RegId = isOutbound ? regId : null,
            Product = request.Headers["User-Agent"] is { Length: <= MaxTextLength } product ? product : null,
            CallId = request.CallId,
            Sequence = request.CSeq.Number,
        };
    }

    /// <summary>What is malformed counts as not there (§10.3 step 7 has it an hour).</summary>
    private uint SecondsOf(NameAddr contact)
    {
        var most = (uint)options.MaxExpires.TotalSeconds;
        var asked = SipGrammar.TryParseNumber(contact.Parameters["expires"], uint.MaxValue, out var own)
            ? own : request.Number("Expires") ?? OneHour;
        return Math.Min(asked, most);
    }

    private static double QOf(NameAddr contact) =>
        double.TryParse(contact.Parameters["q"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var q) && q <= 1 ? q : 1;
}
