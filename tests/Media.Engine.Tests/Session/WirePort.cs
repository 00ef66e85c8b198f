using System.Diagnostics.CodeAnalysis;
using Media.Engine.Session;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>
/// A session's place on a network in virtual time: one shared port towards WhatsApp, one pair of ports for each leg towards the PBX.
/// </summary>
internal sealed class WirePort(LossyWire internet, LossyWire lan, TransportAddress shared, TransportAddress rtp) : IMediaPort
{
    private readonly byte[] _buffer = new byte[2048];

    public TransportAddress Shared => shared;

    /// <summary>The second leg's is the pair after the first's.</summary>
    public TransportAddress Rtp(PbxSide side) => rtp with { Port = (ushort)(rtp.Port + 2 * (int)side) };

    public TransportAddress Rtcp(PbxSide side) => Rtp(side) with { Port = (ushort)(Rtp(side).Port + 1) };

    /// <summary>Nothing goes out any more, at no cost.</summary>
    public bool IsMuted { get; set; }

    public bool IsReleased { get; private set; }

    public bool TryGetShared(int index, [NotNullWhen(true)] out IReadOnlyList<TransportAddress>? locals)
    {
        locals = index == 0 ? [shared] : null;
        return locals is not null;
    }

    public bool TryJoin(int index, string ufrag, IReadOnlyList<IceCandidate> peer) => true;

    public void Claim(TransportAddress remote)
    {
    }

    public Span<byte> Begin(TransportAddress local) => local == shared ? _buffer : default;

    public void End(TransportAddress local, int length, TransportAddress remote)
    {
        if (!IsMuted)
            internet.Send(_buffer.AsSpan(0, length), local, remote);
    }

    public bool TryOpenPair(
        PbxSide side, bool? ipv6, string? address, Instant now, out TransportAddress advertised, out SdpRefusal refusal)
    {
        (advertised, refusal) = (Rtp(side), SdpRefusal.None);
        return true;
    }

    public void UsePair(PbxSide side, TransportAddress advertised) => Assert.Equal(Rtp(side), advertised);

    public bool TrySend(PbxSide side, bool rtcp, ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        if (!IsMuted)
            lan.Send(datagram, rtcp ? Rtcp(side) : Rtp(side), remote);
        return true;
    }

    public void Release(Instant now) => IsReleased = true;
}
