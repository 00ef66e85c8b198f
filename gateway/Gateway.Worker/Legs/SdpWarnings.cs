using Gateway.Calls.Rules;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Media.Protocols.Sdp;
using static Gateway.Calls.MediaFaultReason;

namespace Gateway.Worker.Legs;

/// <summary>
/// The faults of a peer's description: for the record, and in one sentence for a PBX's Warning header and its administrator.
/// </summary>
internal static class SdpWarnings
{
    /// <summary>RFC 3261 §20.43.</summary>
    private const int AddressFormat = 301, TransportProtocol = 302, MediaType = 304, MediaFormat = 305, Attribute = 306, Description = 307,
        Unnamed = 399;

    /// <summary>Refuses an INVITE whose description cannot be used.</summary>
    public static Task RejectAsync(SipCall invite, SdpError error)
    {
        var warning = Of(error);
        return invite.RejectAsync(
            488, warning?.Text, warning is null ? null : SipReason.Sip(488, warning.Text), RefusalHeaders.OfDescription(warning));
    }

    /// <summary>Null when the description was not why.</summary>
    public static MediaWarning? Of(SdpError error) => error switch
    {
        SdpError.None => null,
        SdpError.NoCommonCodec or SdpError.NoOpus => new(NoCommonCodec, MediaFormat, "No common audio format"),
        SdpError.NoAudio => new(NoAudio, MediaType, "No audio is offered"),
        SdpError.AudioRefused => new(AudioRefused, MediaType, "The audio was refused"),
        SdpError.MediaLineMismatch => new(AudioRefused, MediaType, "The answer has no audio"),
        SdpError.OtherAddressFamily => new(OtherIpVersion, AddressFormat, "The audio address is of an IP version that is not served here"),
        SdpError.NoConnection => new(NoAddress, Description, "The audio has no address: c= is missing or cannot be read"),
        SdpError.UnresolvedName => new(UnresolvedName, Unnamed, "The host name in c= cannot be resolved"),
        SdpError.UnusableAddress => new(UnusableAddress, AddressFormat, "The audio address is no address of one host"),
        SdpError.UnsupportedTransport => new(UnsupportedTransport, TransportProtocol, "The audio transport is not taken here"),
        SdpError.SrtpRequired => new(SrtpRequired, Attribute, "Encryption is required here: a=crypto is missing"),
        SdpError.SrtpForbidden => new(SrtpForbidden, TransportProtocol, "Encryption is turned off here: RTP/SAVP is not taken"),
        SdpError.NoUsableCrypto => new(
            NoUsableCrypto, Attribute, "No a=crypto line can be used: its suite, key or parameters are not supported"),
        SdpError.CryptoMismatch => new(CryptoMismatch, Attribute, "The answer's a=crypto does not belong to the offer"),
        SdpError.NoIceCredentials or SdpError.MalformedIceCredentials =>
            new(NoIce, Attribute, "ICE credentials are missing or cannot be read"),
        SdpError.NoFingerprint or SdpError.UnknownFingerprintHash or SdpError.MalformedFingerprint or SdpError.InvalidSetup =>
            new(NoDtls, Attribute, "No DTLS fingerprint can be used, or the DTLS role cannot"),
        SdpError.SdesUnsupported => new(SdesNotSupported, Attribute, "Keys in the description (SDES) are not taken here, DTLS is"),
        SdpError.NoRtcpMux => new(NoRtcpMux, Attribute, "a=rtcp-mux is missing"),
        SdpError.MalformedMedia => new(Unreadable, Description, "The m= line of the audio cannot be read"),
        SdpError.MalformedVersion => new(Unreadable, Description, "The description is of another version than 0"),
        SdpError.Empty or SdpError.MalformedLine => new(Unreadable, Description, "The body is no session description"),
        SdpError.TooLong or SdpError.TooManyLines or SdpError.TooManyMedia => new(TooLong, Description, "The description is too long"),
        _ => new(Other, Unnamed, "The description was refused"),
    };
}
