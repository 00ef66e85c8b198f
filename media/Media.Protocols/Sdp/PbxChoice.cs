namespace Media.Protocols.Sdp;

/// <summary>The audio section of a PBX's offer that is accepted, with its chosen codec, telephone-event and keys.</summary>
internal sealed record PbxChoice(PbxPeer Peer, RtpMap Codec, RtpMap? TelephoneEvent, SdesCrypto? Crypto)
{
    /// <summary>
    /// Chooses a section. Some PBXs offer the same audio twice, RTP/SAVP and RTP/AVP: an acceptable encrypted section has precedence over a
    /// plain one. Null with the first section's error when none is acceptable.
    /// </summary>
    public static PbxChoice? FromOffer(SessionDescription sdp, PbxLocalMedia local, out SdpError error)
    {
        error = SdpError.NoAudio;
        PbxChoice? best = null;
        foreach (var media in sdp.Media)
        {
            if (!media.IsAudio || (media.Port == 0 && !media.IsMalformed))
                continue;
            var problem = Consider(sdp, media, local, out var choice);
            if (choice is not null && (best is null || (best.Crypto is null && choice.Crypto is not null)))
                best = choice;
            if (error == SdpError.NoAudio)
                error = problem;
        }
        if (best is not null)
            error = SdpError.None;
        return best;
    }

    private static SdpError Consider(SessionDescription sdp, MediaDescription media, PbxLocalMedia local, out PbxChoice? choice)
    {
        choice = null;
        if (!media.IsMalformed && WebRtcPeer.IsSpokenBy(media) != local.WebRtc is not null)
            return SdpError.UnsupportedTransport;
        if (PbxPeer.Read(sdp, media, canMux: true, out var peer) is var unreadable and not SdpError.None)
            return unreadable;
        if (!peer.Rtp.IsNone && peer.Rtp.Family != local.Rtp.Family)
            return SdpError.OtherAddressFamily;
        if (ChooseCrypto(peer, local, out var crypto) is var refusal and not SdpError.None)
            return refusal;
        var known = peer.Attributes.RtpMaps.Where(map => map.Codec is { } codec && local.Codecs.Contains(codec)).ToList();
        if (known.Count == 0)
            return SdpError.NoCommonCodec;
        var codec = local.PreferOwnCodecOrder ? known.MinBy(map => local.Codecs.ToList().IndexOf(map.Codec!.Value)) : known[0];
        choice = new PbxChoice(peer, codec, local.TelephoneEvents ? peer.TelephoneEvent(codec.Codec!.Value) : null, crypto);
        return SdpError.None;
    }

    private static SdpError ChooseCrypto(PbxPeer peer, PbxLocalMedia local, out SdesCrypto? crypto)
    {
        crypto = null;
        if (peer.WebRtc is not null)
            return SdpError.None;
        if (local.Srtp == SrtpPolicy.None)
            return peer.Secure ? SdpError.SrtpForbidden : SdpError.None;
        crypto = peer.Attributes.Crypto.FirstOrDefault(line => local.SrtpProfiles.Contains(line.Profile));
        if (crypto is not null)
            return SdpError.None;
        if (peer.Secure)
            return SdpError.NoUsableCrypto;
        if (local.Srtp != SrtpPolicy.Required)
            return SdpError.None;
        return peer.Attributes.HasCrypto ? SdpError.NoUsableCrypto : SdpError.SrtpRequired;
    }
}
