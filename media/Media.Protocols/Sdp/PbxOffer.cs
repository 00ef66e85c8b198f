namespace Media.Protocols.Sdp;

/// <summary>
/// An offer of ours, kept so that any number of answers can be read against it until an offer of the PBX is answered. Then it is that
/// answer, which a session refresh may offer again (RFC 4028 §7.4).
/// </summary>
internal sealed record PbxOffer(
    PbxLocalMedia Local, IReadOnlyList<RtpMap> Maps, MediaDirection Direction, IReadOnlyList<SdesCrypto> Crypto, bool RtcpMux,
    IReadOnlyList<MediaDescription> Lines, int AudioLine)
{
    /// <summary>
    /// An answer names one of our lines (RFC 4568 §5.1.3). We hold one key a profile, so the profile alone identifies it, whatever tag a
    /// peer puts there.
    /// </summary>
    public SdpError AgreeOnKeys(PbxPeer peer, out SdesKeys? keys)
    {
        keys = null;
        if (peer.WebRtc is not null)
            return SdpError.None;
        var theirs = peer.Attributes.Crypto.FirstOrDefault(line => Crypto.Any(own => own.Profile == line.Profile));
        if (theirs is null)
        {
            if (peer.Secure || (Crypto.Count > 0 && peer.Attributes.HasCrypto))
                return SdpError.CryptoMismatch;
            return Local.Srtp == SrtpPolicy.Required ? SdpError.SrtpRequired : SdpError.None;
        }
        keys = new SdesKeys(theirs.Profile, Crypto.First(own => own.Profile == theirs.Profile).Keys[0], theirs.Keys);
        return SdpError.None;
    }
}
