using System.Diagnostics.CodeAnalysis;
using Media.Engine.Session;
using Media.Native.Net;
using Media.Protocols.Ice;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// The port of a session that a loop drives: a place on the loop's shared sockets, and pairs of sockets of its own; those of a second pbx
/// leg are taken when it is described.
/// </summary>
internal sealed class LoopPort(LoopSockets sockets, LoopCall call, RtpPorts pairs) : IMediaPort
{
    /// <summary>Addresses one call may hold on its shared port.</summary>
    private const int MaxClaims = 64;

    private readonly HashSet<TransportAddress> _claims = [];
    private RtpPorts? _second;
    private WebRtcPort? _shared;
    private string? _ufrag;

    public bool TryGetShared(int index, [NotNullWhen(true)] out IReadOnlyList<TransportAddress>? locals)
    {
        locals = sockets.TryGetShared(index, out var port) ? port.Locals : null;
        return locals is not null;
    }

    public bool TryJoin(int index, string ufrag, IReadOnlyList<IceCandidate> peer)
    {
        if (!sockets.TryGetShared(index, out var port))
            return false;
        foreach (var candidate in peer)
            if (port.TryFind(candidate.Address, out var owner) && owner != call)
                return false;
        (_shared, _ufrag) = (port, ufrag);
        sockets.Register(ufrag, call);
        foreach (var candidate in peer)
            Claim(candidate.Address);
        return true;
    }

    public void Claim(TransportAddress remote)
    {
        if (!_claims.Contains(remote) && _claims.Count < MaxClaims && _shared!.TryClaim(remote, call))
            _claims.Add(remote);
    }

    public Span<byte> Begin(TransportAddress local) => MaySend ? _shared!.Begin(local) : default;

    public void End(TransportAddress local, int length, TransportAddress remote) => _shared!.End(local, length, remote);

    public bool TryOpenPair(
        PbxSide side, bool? ipv6, string? address, Instant now, out TransportAddress advertised, out SdpRefusal refusal)
    {
        if (side == PbxSide.Second)
            _second ??= pairs.TakeBeside(side, now);
        if (PairsOf(side) is { } own)
            return own.TryOpen(ipv6, address, now, out advertised, out refusal);
        (advertised, refusal) = (default, SdpRefusal.NoPorts);
        return false;
    }

    public void UsePair(PbxSide side, TransportAddress advertised) => PairsOf(side)?.Use(advertised);

    public bool TrySend(PbxSide side, bool rtcp, ReadOnlySpan<byte> datagram, TransportAddress remote) =>
        MaySend && (rtcp ? PairsOf(side)?.Rtcp : PairsOf(side)?.Rtp) is { } socket
        && socket.Send(datagram, remote.ToUdp()) == UdpSendResult.Sent;

    public void Release(Instant now)
    {
        if (_ufrag is not null)
            sockets.Unregister(_ufrag);
        foreach (var remote in _claims)
            _shared!.Disclaim(remote, call);
        _claims.Clear();
        pairs.Close(now);
        _second?.Close(now);
    }

    private bool MaySend => !call.IsSilent && sockets.MaySend;

    private RtpPorts? PairsOf(PbxSide side) => side == PbxSide.First ? pairs : _second;
}
