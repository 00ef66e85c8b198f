using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Engine.Session;

/// <summary>
/// The address that a PBX's media comes from, and therefore goes to (symmetric RTP, RFC 4961). Signalling decides, and a packet from the
/// signalled address always wins. What else is heard may only correct it:
/// <list type="number">
/// <item>another port of the signalled IP, when the address in use has been silent for <see cref="PbxMediaProfile.LatchAfter"/>;</item>
/// <item>where the profile says that the PBX is behind a NAT: such a port, another address of the trunk or that of the signalling, or any
/// address, in this order, at once while nothing better was heard, and after that silence in any order.</item>
/// </list>
/// After a silence a few packets of one stream have to come before they are believed. So nobody can take a call over whose PBX is heard.
/// </summary>
/// <param name="isRtcp">Reports come seconds apart: their silence is another, and one of them is enough.</param>
internal sealed class RtpLatch(bool isRtcp = false)
{
    private enum Rank
    {
        None,
        AnyAddress,
        TrunkAddress,
        SameIp,
        Signalled,
    }

    /// <summary>Packets in a row that a new source shows after a silence: a stray one moves nothing.</summary>
    private const int Probation = 3;

    /// <summary>Sequence numbers that a new source may leave out from one packet to the next.</summary>
    private const int MaxStep = 3;

    /// <summary>Several report intervals (RFC 3550 §6.2: 5 s).</summary>
    private static readonly TimeSpan RtcpSilence = TimeSpan.FromSeconds(30);

    private Rank _heard;
    private TransportAddress _signalled;
    private TransportAddress _signaller;
    private Instant _lastHeard;
    private TransportAddress _candidate;
    private RtpHeader _candidateLast;
    private int _candidatePackets;

    /// <summary>The address to send to; none before signalling.</summary>
    public TransportAddress Target { get; private set; }

    /// <summary>The PBX's peer has left: nothing is sent, and nothing is taken, until signalling names an address again.</summary>
    public void Clear()
    {
        (_signalled, _signaller, Target) = (default, default, default);
        _heard = Rank.None;
        _candidatePackets = 0;
    }

    /// <summary>Signalling names an address. The one it named before changes nothing: what was heard stays valid.</summary>
    /// <param name="address">For media.</param>
    /// <param name="now">The time.</param>
    /// <param name="signaller">The address that the signalling comes from; none: the trunk's are known.</param>
    public void Signal(TransportAddress address, Instant now, TransportAddress signaller = default)
    {
        _signaller = signaller;
        if (address == _signalled)
            return;
        _signalled = address;
        Target = address;
        _heard = Rank.None;
        _lastHeard = now;
        _candidatePackets = 0;
    }

    /// <summary>Media was heard from here before the session went on in this process; signalling has named its own address.</summary>
    public void GoOn(TransportAddress target)
    {
        if (target.IsNone || target == Target)
            return;
        (Target, _heard) = (target, Rank.SameIp); // what the signalled address sends still wins
    }

    /// <summary>True when a packet from this address may be the PBX's; to be asked before anything of it is read.</summary>
    public bool Accepts(TransportAddress source, PbxMediaProfile profile, Instant now) => IsInUse(source)
        || RankOf(source, profile) is var rank and not Rank.None && (IsAtOnce(source, rank, profile) || IsSilent(profile, now));

    /// <summary>
    /// An accepted packet proved to be media (and, encrypted, authentic). False: its source has to show more of them first.
    /// </summary>
    /// <param name="source">Where it came from.</param>
    /// <param name="header">Of the packet; default for RTCP.</param>
    /// <param name="profile">Of the trunk.</param>
    /// <param name="now">When it came.</param>
    public bool Confirm(TransportAddress source, in RtpHeader header, PbxMediaProfile profile, Instant now)
    {
        var rank = IsInUse(source) ? _heard : RankOf(source, profile);
        if (!IsAtOnce(source, rank, profile) && !isRtcp && !HasProved(source, header))
            return false;
        Target = source;
        _heard = rank;
        _lastHeard = now;
        _candidatePackets = 0;
        return true;
    }

    private bool IsInUse(TransportAddress source) => source == Target && _heard != Rank.None;

    private bool IsAtOnce(TransportAddress source, Rank rank, PbxMediaProfile profile) =>
        rank == Rank.Signalled || IsInUse(source) || (profile.NatLatching && rank > _heard);

    private bool IsSilent(PbxMediaProfile profile, Instant now) => now - _lastHeard >= (isRtcp ? RtcpSilence : profile.LatchAfter);

    private bool HasProved(TransportAddress source, in RtpHeader header)
    {
        var step = header.SequenceNumber.DistanceFrom(_candidateLast.SequenceNumber);
        var goesOn = source == _candidate && _candidatePackets > 0 && header.Ssrc == _candidateLast.Ssrc && step is > 0 and <= MaxStep;
        _candidatePackets = goesOn ? _candidatePackets + 1 : 1;
        (_candidate, _candidateLast) = (source, header);
        return _candidatePackets >= Probation;
    }

    private Rank RankOf(TransportAddress source, PbxMediaProfile profile) =>
        _signalled.IsNone ? Rank.None
        : source == _signalled ? Rank.Signalled
        : source.Bits == _signalled.Bits ? Rank.SameIp
        : !profile.NatLatching ? Rank.None
        : profile.IsSource(source) || source.Bits == _signaller.Bits ? Rank.TrunkAddress
        : Rank.AnyAddress;
}
