using Media.Protocols.Sdp;

namespace Media.Engine.Legs;

/// <summary>Groups the many reasons of the description's reader into the few an operator acts on.</summary>
internal static class SdpRefusals
{
    public static SdpRefusal From(SdpError error) => error switch
    {
        SdpError.NoAudio or SdpError.AudioRefused => SdpRefusal.NoAudio,
        SdpError.NoCommonCodec or SdpError.NoOpus => SdpRefusal.NoCommonCodec,
        SdpError.NoIceCredentials or SdpError.MalformedIceCredentials => SdpRefusal.NoIce,
        SdpError.NoFingerprint or SdpError.UnknownFingerprintHash or SdpError.MalformedFingerprint or SdpError.InvalidSetup or SdpError.SdesUnsupported or SdpError.NoRtcpMux => SdpRefusal.NoDtls,
        SdpError.SrtpRequired or SdpError.SrtpForbidden or SdpError.NoUsableCrypto or SdpError.CryptoMismatch => SdpRefusal.Security,
        SdpError.NoConnection or SdpError.UnusableAddress or SdpError.UnresolvedName or SdpError.OtherAddressFamily => SdpRefusal.NoAddress,
        SdpError.UnsupportedTransport => SdpRefusal.Transport,
        SdpError.NoOfferMade => SdpRefusal.WrongState,
        _ => SdpRefusal.Malformed,
    };
}
