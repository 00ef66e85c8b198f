using System.Diagnostics.CodeAnalysis;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;

namespace Media.Engine.Session;

/// <summary>
/// A session's network: addresses to be reached at, and a way out. WebRTC ports are shared with other sessions; pairs of RTP ports are the
/// session's own. One per session; calls come from the session's owner alone.
/// </summary>
internal interface IMediaPort
{
    /// <summary>The local addresses of a shared port, in the order of the bindings.</summary>
    /// <param name="index">0, 1 …: a port is opened when it is asked for.</param>
    /// <param name="locals">One for each binding.</param>
    /// <returns>False: there are no so many ports.</returns>
    bool TryGetShared(int index, [NotNullWhen(true)] out IReadOnlyList<TransportAddress>? locals);

    /// <summary>
    /// Goes to a shared port. What comes there from the peer's addresses, and STUN that names the fragment, is this session's from now on.
    /// </summary>
    /// <returns>False: another session has one of these addresses there. Nothing was changed.</returns>
    bool TryJoin(int index, string ufrag, IReadOnlyList<IceCandidate> peer);

    /// <summary>
    /// Makes what comes from this address to the port joined this session's, unless it is another's already or the session has very many.
    /// </summary>
    void Claim(TransportAddress remote);

    /// <summary>
    /// The buffer for the next datagram from a shared port, sent without a copy: at least 2048 bytes. Empty: there is no such local
    /// address.
    /// </summary>
    Span<byte> Begin(TransportAddress local);

    /// <summary>Sends what was written since <see cref="Begin"/>.</summary>
    void End(TransportAddress local, int length, TransportAddress remote);

    /// <summary>
    /// Opens a pair of RTP ports, or gives the one that is open where family and address lead to it: phones that ring at once may be in
    /// several networks. What comes to any of them is the session's.
    /// </summary>
    /// <param name="side">The leg that it is for.</param>
    /// <param name="ipv6">The address family; null: that of the pair in use, if the address is the same, else any.</param>
    /// <param name="address">The binding that advertises it is taken before the others; null: the first that fits.</param>
    /// <param name="now">The time.</param>
    /// <param name="advertised">The address for the description.</param>
    /// <param name="refusal">Why there is none.</param>
    bool TryOpenPair(
        PbxSide side, bool? ipv6, string? address, Instant now, out TransportAddress advertised, out SdpRefusal refusal);

    /// <summary>The leg's pair with this address is the one in use: what it sends leaves from it.</summary>
    void UsePair(PbxSide side, TransportAddress advertised);

    /// <summary>Sends from the RTP or RTCP port of the leg's pair in use. False: the datagram was not taken.</summary>
    bool TrySend(PbxSide side, bool rtcp, ReadOnlySpan<byte> datagram, TransportAddress remote);

    /// <summary>Gives back everything that was taken.</summary>
    void Release(Instant now);
}
