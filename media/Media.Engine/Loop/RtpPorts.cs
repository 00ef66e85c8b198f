using System.Diagnostics.CodeAnalysis;
using System.Net;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// The port pairs of one pbx leg: the first port is reserved with the leg, each pair is opened at the first description that needs it, one
/// for each binding at most.
/// </summary>
/// <param name="call">Whose they are.</param>
/// <param name="side">The leg.</param>
/// <param name="sockets">The loop's.</param>
/// <param name="options">The bindings.</param>
/// <param name="ports">Where pairs come from.</param>
/// <param name="reservedPort">The even port of the first.</param>
internal sealed class RtpPorts(
    LoopCall call, PbxSide side, LoopSockets sockets, PbxSideOptions options, PortAllocator ports, ushort reservedPort)
{
    /// <summary>Something else on this host may hold a port of our range; then another pair is taken.</summary>
    private const int MaxAttempts = 8;

    private readonly List<ushort> _ports = [reservedPort];
    private readonly List<Pair> _pairs = [];
    private Pair? _used;

    private sealed record Pair(MediaBinding Binding, TransportAddress Advertised, UdpSocket Rtp, UdpSocket Rtcp)
    {
        /// <summary>By which it was asked for last.</summary>
        public string? Address { get; set; }
    }

    /// <summary>Of the pair in use; null before <see cref="Use"/> and after <see cref="Close"/>.</summary>
    public UdpSocket? Rtp => _used?.Rtp;

    public UdpSocket? Rtcp => _used?.Rtcp;

    /// <summary>Opens a pair, or gives the one that is open where family and address lead to it.</summary>
    /// <param name="ipv6">The address family; null: that of the pair in use, if the address is the same, else any.</param>
    /// <param name="address">The binding that advertises it is taken before the others; null: the first that fits.</param>
    /// <param name="now">The time.</param>
    /// <param name="advertised">The address for the description.</param>
    /// <param name="refusal">The reason why there is none.</param>
    public bool TryOpen(bool? ipv6, string? address, Instant now, out TransportAddress advertised, out SdpRefusal refusal)
    {
        advertised = default;
        refusal = SdpRefusal.None;
        var binding = ipv6 is null && _used is { } used && used.Address == address ? used.Binding : Choose(ipv6, address);
        if (binding is null)
            refusal = SdpRefusal.NoAddress;
        else if ((_pairs.Find(open => open.Binding == binding) ?? Bind(binding, now)) is not { } pair)
            refusal = SdpRefusal.NoPorts;
        else
            (advertised, pair.Address) = (pair.Advertised, address);
        return refusal == SdpRefusal.None;
    }

    /// <summary>Those of another leg of the same call; null: no port is left.</summary>
    public RtpPorts? TakeBeside(PbxSide other, Instant now) =>
        ports.TryTake(now, out var port) ? new RtpPorts(call, other, sockets, options, ports, port) : null;

    /// <summary>What is sent leaves from the pair with this address.</summary>
    public void Use(TransportAddress advertised) => _used = _pairs.Find(pair => pair.Advertised == advertised);

    public void Close(Instant now)
    {
        foreach (var socket in _pairs.SelectMany(pair => new[] { pair.Rtp, pair.Rtcp }))
        {
            sockets.Unwatch(socket);
            socket.Dispose();
        }
        foreach (var port in _ports)
            ports.Release(port, now);
        _used = null;
        _pairs.Clear();
        _ports.Clear();
    }

    private MediaBinding? Choose(bool? ipv6, string? address)
    {
        var wanted = address is null ? null : IPAddress.Parse(address);
        return options.Bindings
            .Where(candidate => ipv6 is null || ipv6 == !TransportAddress.From(candidate.BindAddress, 0).IsIPv4)
            .MinBy(candidate => candidate.AdvertisedAddresses[0].Equals(wanted) ? 0 : 1);
    }

    /// <summary>On a port of ours, which another address leaves free, or on another.</summary>
    private Pair? Bind(MediaBinding binding, Instant now)
    {
        foreach (var own in _ports)
            if (TryBind(binding, own, out var pair))
                return pair;
        for (var attempt = 0; attempt < MaxAttempts && _ports.Count > 0 && ports.TryTake(now, out var port); attempt++)
        {
            if (TryBind(binding, port, out var pair))
            {
                _ports.Add(port);
                return pair;
            }
            ports.Release(port, now);
        }
        return null;
    }

    private bool TryBind(MediaBinding binding, ushort port, [NotNullWhen(true)] out Pair? pair)
    {
        pair = null;
        if (!UdpSocket.TryBind(binding.BindAddress.ToUdp(port), MediaSockets.Single, out var rtp, out _))
            return false;
        if (!UdpSocket.TryBind(binding.BindAddress.ToUdp(port + 1), MediaSockets.Single, out var rtcp, out _))
        {
            rtp.Dispose();
            return false;
        }
        pair = new Pair(binding, TransportAddress.From(binding.AdvertisedAddresses[0], port), rtp, rtcp);
        _pairs.Add(pair);
        sockets.Watch(rtp, call, side, rtcp: false);
        sockets.Watch(rtcp, call, side, rtcp: true);
        return true;
    }
}
