using Gateway.Sip.Messages;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Dialogs;

/// <summary>The party that started the call on the SIP side.</summary>
public enum SipCallDirection
{
    /// <summary>A trunk sent us an INVITE.</summary>
    Incoming,

    /// <summary>We sent the INVITE.</summary>
    Outgoing,
}

/// <summary>The facts known of a call from its first INVITE; they never change.</summary>
public sealed record SipCallInfo
{
    /// <summary>The Call-ID header.</summary>
    public required string CallId { get; init; }

    public required SipCallDirection Direction { get; init; }

    /// <summary>The trunk it came from or goes to.</summary>
    public required string Trunk { get; init; }

    public required SipParty From { get; init; }

    public required SipParty To { get; init; }

    /// <summary>User part of the Request-URI: what was dialled.</summary>
    public required string TargetUser { get; init; }

    /// <summary>The phone-context of what was dialled (RFC 3966 §5.1.5); null when none is given.</summary>
    public string? PhoneContext { get; init; }

    /// <summary>The user of a registered phone: whom we ring, or who has proved to be the caller; null on other trunks.</summary>
    public string? Phone { get; init; }

    /// <summary>
    /// P-Asserted-Identity of an incoming call; believed because the trunk is known. Of a phone, the user that it proved.
    /// </summary>
    public SipParty? AssertedIdentity { get; init; }

    /// <summary>The user part of our Contact, where the trunk has no account of its own.</summary>
    internal string ContactUser => Direction == SipCallDirection.Outgoing ? From.User : TargetUser;

    /// <summary>Who calls, by the best word for it.</summary>
    public SipParty Caller => AssertedIdentity ?? From;

    /// <summary>Every header of the incoming INVITE in order, credentials left out. Empty for outgoing calls.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The offer in the incoming INVITE; null when the caller wants ours.</summary>
    public string? Offer { get; init; }

    /// <summary>The facts of an incoming INVITE.</summary>
    /// <param name="request">As it came.</param>
    /// <param name="trunk">Its source's.</param>
    /// <param name="phone">The user who proved to be the caller; null on other trunks.</param>
    internal static SipCallInfo Of(SipRequest request, Trunk trunk, string? phone) => new()
    {
        CallId = request.CallId,
        Direction = SipCallDirection.Incoming,
        Trunk = trunk.Options.Name,
        From = SipPartyReader.From(request.From)!,
        To = SipPartyReader.From(request.To)!,
        TargetUser = request.Uri.Subscriber ?? "",
        PhoneContext = request.Uri.PhoneContext,
        Phone = phone,
        AssertedIdentity = phone is null ? SipPartyReader.Asserted(request) : new SipParty(phone, Host: trunk.Domain),
        Headers = HeadersOf(request),
        Offer = SdpBody.Of(request),
    };

    private static List<(string, string)> HeadersOf(SipRequest request)
    {
        List<(string, string)> headers = [];
        foreach (var (name, value) in request.Headers)
        {
            if (name is not ("Authorization" or "Proxy-Authorization"))
                headers.Add((name, value));
        }
        return headers;
    }
}
