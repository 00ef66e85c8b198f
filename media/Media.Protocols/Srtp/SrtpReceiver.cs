namespace Media.Protocols.Srtp;

/// <summary>
/// The keys with which a peer sends: one, or several. With several, each packet names one by its identifier, which stands before the tag of
/// AES_CM profiles (RFC 3711 §3.1, §3.4) and at the end under AES-GCM (RFC 7714 §8.2, §9.2).
/// </summary>
internal sealed class SrtpReceiver : IDisposable
{
    /// <summary>Bytes; under the 32-bit profile RTCP still has 80 bits.</summary>
    private readonly int _rtpTagBehind, _rtcpTagBehind;

    private readonly SrtpTransform[] _transforms;
    private readonly byte[][] _identifiers;

    /// <exception cref="ArgumentException">There is no key, or a salt does not fit the profile.</exception>
    public SrtpReceiver(SrtpProfile profile, IReadOnlyList<SrtpKeys> keys, ISrtpPrimitives primitives)
    {
        if (keys.Count == 0)
            throw new ArgumentException("At least one key is needed.", nameof(keys));
        var isGcm = profile == SrtpProfile.AeadAes128Gcm;
        _rtpTagBehind = isGcm ? 0 : profile.RtpOverhead();
        _rtcpTagBehind = isGcm ? 0 : profile.RtcpOverhead() - SrtpTransform.RtcpIndexLength;
        _transforms = [.. keys.Select(one => SrtpTransforms.Create(profile, one, primitives))];
        _identifiers = [.. keys.Select(one => one.Mki.ToArray())];
    }

    /// <summary>
    /// Finds the key of a packet and removes its identifier, so that the rest reads as without any. A packet that names no key of
    /// ours is left as it is and tried with the first: some peers announce an identifier and send none.
    /// </summary>
    public SrtpTransform TakeKey(ref Span<byte> datagram, bool isRtcp)
    {
        var behind = isRtcp ? _rtcpTagBehind : _rtpTagBehind;
        var length = _identifiers[0].Length;
        if (length == 0 || datagram.Length < behind + length)
            return _transforms[0];
        var at = datagram.Length - behind - length;
        for (var i = 0; i < _identifiers.Length; i++)
        {
            if (!datagram.Slice(at, length).SequenceEqual(_identifiers[i]))
                continue;
            datagram[^behind..].CopyTo(datagram[at..]);
            datagram = datagram[..^length];
            return _transforms[i];
        }
        return _transforms[0];
    }

    public void Dispose()
    {
        foreach (var transform in _transforms)
            transform.Dispose();
    }
}
