using Media.Protocols.Primitives;

namespace Media.Engine.Legs;

/// <summary>
/// Where a PBX's media comes from, and therefore goes to (symmetric RTP, RFC 4961). Signalling decides; what is heard may only correct it:
/// <list type="number">
/// <item>the signalled address itself, always;</item>
/// <item>another port of the signalled IP, while the signalled address was not heard;</item>
/// <item>any address, where the profile says that the PBX is behind a NAT, while neither of the above was heard.</item>
/// </list>
/// The first source of a rank keeps it; only a better rank or new signalling moves it. So nobody can take a call over whose PBX is heard.
/// </summary>
internal sealed class PbxLatch
{
    private enum Rank
    {
        None,
        AnyAddress,
        SameIp,
        Signalled,
    }

    private Rank _heard;
    private TransportAddress _signalled;

    /// <summary>Where to send; none before signalling.</summary>
    public TransportAddress Target { get; private set; }

    /// <summary>Signalling names an address. The one it named before changes nothing: what was heard stays valid.</summary>
    public void Signal(TransportAddress address)
    {
        if (address == _signalled)
            return;
        _signalled = address;
        Target = address;
        _heard = Rank.None;
    }

    /// <summary>Whether a packet from here may be the PBX's.</summary>
    public bool Accepts(TransportAddress source, bool behindNat) =>
        RankOf(source, behindNat) is var rank and not Rank.None && (source == Target && _heard != Rank.None || rank > _heard);

    /// <summary>An accepted packet proved to be media (and, encrypted, authentic).</summary>
    public void Confirm(TransportAddress source, bool behindNat)
    {
        if (!Accepts(source, behindNat))
            return;
        Target = source;
        _heard = RankOf(source, behindNat);
    }

    private Rank RankOf(TransportAddress source, bool behindNat) =>
        _signalled.IsNone ? Rank.None
        : source == _signalled ? Rank.Signalled
        : source.Bits == _signalled.Bits ? Rank.SameIp
        : behindNat ? Rank.AnyAddress
        : Rank.None;
}
