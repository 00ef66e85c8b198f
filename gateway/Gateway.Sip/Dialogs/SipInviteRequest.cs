using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Dialogs;

/// <summary>A call to place on a trunk.</summary>
public sealed record SipInviteRequest
{
    /// <summary>
    /// Name of the trunk (<see cref="TrunkOptions.Name"/>); an unknown name ends the call with <see cref="SipCallEvent.Failed"/> 404.
    /// </summary>
    public required string Trunk { get; init; }

    /// <summary>User part of the Request-URI and To: the extension, queue or number to ring.</summary>
    public required string TargetUser { get; init; }

    /// <summary>
    /// The whole Request-URI where the peer named it, as in a transfer; null: <see cref="TargetUser"/> at the trunk. The trunk's servers
    /// get the INVITE in any case.
    /// </summary>
    public SipUri? Target { get; init; }

    /// <summary>
    /// The contact to ring, on the trunk of the registered phones; null there: the one that <see cref="TargetUser"/> prefers. One that is
    /// gone ends the call with <see cref="SipCallEvent.Failed"/> 480.
    /// </summary>
    public RegisteredContact? Phone { get; init; }

    /// <summary>The party that calls: becomes From, and P-Asserted-Identity when <see cref="AssertIdentity"/> is set.</summary>
    public required SipParty Caller { get; init; }

    /// <summary>Adds P-Asserted-Identity (RFC 3325) with the caller.</summary>
    public bool AssertIdentity { get; init; } = true;

    /// <summary>The phone is asked to answer by itself, by the headers that the trunk's profile names.</summary>
    public bool AutoAnswer { get; init; }

    /// <summary>Further headers such as <c>X-WhatsApp-Call-Id</c>. Names must be tokens; values are written on one line.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The owner's id of the call that the phone rings for, for who looks at messages; null: none.</summary>
    public string? Correlation { get; init; }

    /// <summary>
    /// Our offer, or null to let the answerer offer (delayed offer; their offer arrives in an event with <c>SdpIsOffer</c>).
    /// </summary>
    public string? Sdp { get; init; }
}
