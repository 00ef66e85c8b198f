namespace Gateway.Sip.Profiles;

/// <summary>The way in which digits reach the PBX and are expected from it.</summary>
public enum DtmfMethod
{
    /// <summary>Telephone-events in RTP.</summary>
    Rfc4733,
    /// <summary>SIP INFO only; no telephone-event is offered.</summary>
    Info,
    /// <summary>Sent as telephone-events; INFO is accepted as well.</summary>
    Both,
    /// <summary>Tones in the audio, both ways; no telephone-event is offered.</summary>
    Inband,
}

/// <summary>The way in which a digit reaches a PBX that agreed to no telephone-event in this call.</summary>
public enum DtmfFallback
{
    /// <summary>SIP INFO where its Allow header names it, else tones in the audio.</summary>
    Auto,
    Info,
    Inband,
    /// <summary>Not at all.</summary>
    None,
}

/// <summary>Content-Type of the INFO that carries a digit.</summary>
public enum DtmfInfoBody
{
    /// <summary>application/dtmf-relay: "Signal=5" and "Duration=160" lines.</summary>
    DtmfRelay,
    /// <summary>application/dtmf: the digit alone.</summary>
    Dtmf,
}

/// <summary>The sound that the WhatsApp user hears while the PBX holds the call and sends nothing.</summary>
public enum HoldTreatment
{
    HoldMusic,
    Silence,
}

/// <summary>The side that makes the offer in a call that we place on the PBX.</summary>
public enum OfferMode
{
    /// <summary>Our INVITE carries it.</summary>
    Early,
    /// <summary>Our INVITE is empty; the PBX offers in its answer and our ACK answers.</summary>
    Delayed,
}

/// <summary>RFC 3262 in INVITEs of ours; a peer that requires it always gets it.</summary>
public enum ReliableProvisional
{
    /// <summary>Not even mentioned.</summary>
    Off,
    Supported,
    Required,
}

/// <summary>The signal that announces to the PBX that the WhatsApp user's phone rings.</summary>
public enum ProgressSignal
{
    /// <summary>180 without SDP: the PBX or the desk phone makes the tone.</summary>
    Ringing,
    /// <summary>183 with SDP: we make the tone.</summary>
    SessionProgress,
}

/// <summary>Whom our requests ask to refresh the session (RFC 4028).</summary>
public enum RefreshBy
{
    Either,
    Us,
    Them,
}

public enum RefreshMethod
{
    /// <summary>Without SDP change; understood by everybody.</summary>
    ReInvite,
    /// <summary>Only when the peer allows UPDATE (RFC 3311), else re-INVITE.</summary>
    Update,
}

/// <summary>The header in which, besides From, the caller's identity stands.</summary>
public enum IdentityHeader
{
    None,
    /// <summary>RFC 3325.</summary>
    PAssertedIdentity,
    /// <summary>Expired draft that old PBXs still read.</summary>
    RemotePartyId,
}

public enum NumberFormat
{
    /// <summary>+15551234567.</summary>
    E164Plus,
    /// <summary>15551234567.</summary>
    E164,
}

/// <summary>The text that fills the user part of From or Contact.</summary>
public enum UserPart
{
    /// <summary>The caller's number, or user id when there is none.</summary>
    Caller,
    /// <summary>The user the trunk registers or authenticates as.</summary>
    Account,
}

public enum ReferPolicy
{
    /// <summary>The transfer is put to the call's owner.</summary>
    Accept,
    /// <summary>Answered with the refusal status; the PBX then connects the legs itself.</summary>
    Refuse,
}

/// <summary>The cause that counts when a message carries a status and a Reason.</summary>
public enum CauseSource
{
    /// <summary>The Q.850 cause of the Reason header, then the status.</summary>
    Q850,
    /// <summary>The status, whatever Reason says.</summary>
    Status,
}

/// <summary>The path of a request longer than an MTU on a UDP trunk (RFC 3261 §18.1.1).</summary>
public enum LargeRequest
{
    /// <summary>Stays on UDP, in fragments.</summary>
    Udp,
    /// <summary>Leaves by TCP.</summary>
    Tcp,
}

/// <summary>The answers to OPTIONS that prove that the PBX is up.</summary>
public enum KeepaliveProof
{
    /// <summary>Any but 408, 503 and silence: who refuses is alive.</summary>
    AnyResponse,
    /// <summary>2xx only.</summary>
    Success,
}
