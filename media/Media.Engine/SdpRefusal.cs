using Media.Protocols.Sdp;

namespace Media.Engine;

/// <summary>
/// The reason why a description was not accepted or could not be made. A closed set: operators and metrics see these names.
/// </summary>
public enum SdpRefusal
{
    /// <summary>Not refused.</summary>
    None,

    /// <summary>The text is not a session description, or breaks a limit.</summary>
    Malformed,

    /// <summary>No audio media, or only one that is disabled (port 0).</summary>
    NoAudio,

    /// <summary>No codec both sides can speak.</summary>
    NoCommonCodec,

    /// <summary>ICE credentials or usable candidates are missing.</summary>
    NoIce,

    /// <summary>There is no usable fingerprint, or the DTLS role is not acceptable.</summary>
    NoDtls,

    /// <summary>The profile requires SRTP and the peer offers none, or the peer requires what the profile forbids.</summary>
    Security,

    /// <summary>
    /// The audio is offered over a transport that this leg does not speak: DTLS from a PBX, plain RTP from WhatsApp, TCP.
    /// </summary>
    Transport,

    /// <summary>The peer's media address is missing or of a family that has no local binding.</summary>
    NoAddress,

    /// <summary>No PBX port pair could be opened.</summary>
    NoPorts,

    /// <summary>This step does not fit what the call has done so far (an answer without an offer, for example).</summary>
    WrongState,

    /// <summary>The call was released, or the engine stopped.</summary>
    Released,

    /// <summary>A failure inside the engine; the call has ended with <see cref="MediaEvent.Failed"/>.</summary>
    Internal,
}

/// <summary>Groups the many reasons of the description's reader into the few an operator acts on.</summary>
internal static class SdpRefusals
{
    public static SdpRefusal From(SdpError error) => error switch
    {
        SdpError.NoAudio or SdpError.AudioRefused => SdpRefusal.NoAudio,
        SdpError.NoCommonCodec or SdpError.NoOpus => SdpRefusal.NoCommonCodec,
        SdpError.NoIceCredentials or SdpError.MalformedIceCredentials => SdpRefusal.NoIce,
        SdpError.NoFingerprint or SdpError.UnknownFingerprintHash or SdpError.MalformedFingerprint or SdpError.InvalidSetup
            or SdpError.SdesUnsupported or SdpError.NoRtcpMux => SdpRefusal.NoDtls,
        SdpError.SrtpRequired or SdpError.SrtpForbidden or SdpError.NoUsableCrypto or SdpError.CryptoMismatch => SdpRefusal.Security,
        SdpError.NoConnection or SdpError.UnusableAddress or SdpError.UnresolvedName or SdpError.OtherAddressFamily => SdpRefusal.NoAddress,
        SdpError.UnsupportedTransport => SdpRefusal.Transport,
        SdpError.NoOfferMade => SdpRefusal.WrongState,
        _ => SdpRefusal.Malformed,
    };
}
