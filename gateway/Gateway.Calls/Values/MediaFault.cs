using Media.Protocols.Primitives;

namespace Gateway.Calls;

/// <summary>The detail behind <see cref="HangupCause.IncompatibleMedia"/>: whose description was refused, and for what.</summary>
/// <param name="Leg">The side whose offer or answer it was.</param>
/// <param name="Reason">What was wrong with it.</param>
public sealed record MediaFault(CallLeg Leg, MediaFaultReason Reason);

/// <summary>The possible faults of a peer's session description: a closed set, shown as <see cref="WireName"/> spells it.</summary>
public enum MediaFaultReason
{
    /// <summary>No codec that both sides speak; from WhatsApp: no Opus.</summary>
    NoCommonCodec,

    /// <summary>Nothing but video, fax or data.</summary>
    NoAudio,

    /// <summary>The answer has turned the audio down (port 0), or has no audio at all.</summary>
    AudioRefused,

    /// <summary>The audio's address is of an IP version that this gateway has no media address of: IPv6 only, as a rule.</summary>
    OtherIpVersion,

    /// <summary>No c= line, or one without a readable address.</summary>
    NoAddress,

    /// <summary>A multicast address, 0.0.0.0 or another that no single host has.</summary>
    UnusableAddress,

    /// <summary>A host name in c= that has no address.</summary>
    UnresolvedName,

    /// <summary>A transport that this leg does not speak.</summary>
    UnsupportedTransport,

    /// <summary>The trunk asks for SRTP, and none is offered.</summary>
    SrtpRequired,

    /// <summary>SRTP is offered, and the trunk forbids it.</summary>
    SrtpForbidden,

    /// <summary>No a=crypto line with a suite, key and parameters that are supported.</summary>
    NoUsableCrypto,

    /// <summary>The answer's a=crypto belongs to no line of the offer.</summary>
    CryptoMismatch,

    /// <summary>ICE credentials are missing or broken.</summary>
    NoIce,

    /// <summary>No fingerprint that can be used, or a DTLS role that cannot.</summary>
    NoDtls,

    /// <summary>The business number is set to SDES at Meta: this gateway speaks DTLS.</summary>
    SdesNotSupported,

    /// <summary>RTP and RTCP on two ports, which WhatsApp never asks for.</summary>
    NoRtcpMux,

    /// <summary>The text is no session description, or its audio cannot be read.</summary>
    Unreadable,

    /// <summary>More lines, media or bytes than any real description has.</summary>
    TooLong,

    /// <summary>None of these; the log has it.</summary>
    Other,
}
