using System.Net;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>The port pair of one pbx leg: reserved with the call, opened at its first description in the family that one needs.</summary>
internal sealed class RtpPorts(LoopCall call, LoopSockets sockets, PbxSideOptions options, PortAllocator ports, ushort reservedPort)
{
    /// <summary>Something else on this host may hold a port of our range; then another pair is taken.</summary>
    private const int MaxAttempts = 8;

    private ushort _port = reservedPort;
    private bool _hasPort = true;
    private TransportAddress _advertised;
    private MediaBinding? _binding;
    private string? _address;

    /// <summary>Null before <see cref="TryOpen"/> and after <see cref="Close"/>.</summary>
    public UdpSocket? Rtp { get; private set; }

    public UdpSocket? Rtcp { get; private set; }

    /// <summary>
    /// Opens the pair; later calls give the same one, whatever family they ask for. A call that goes on to a trunk in another network gets
    /// another pair.
    /// </summary>
    /// <param name="ipv6">The address family; null: any.</param>
    /// <param name="address">The binding that advertises it is taken before the others; null: the first that fits.</param>
    /// <param name="now">The time.</param>
    /// <param name="advertised">The address for the description.</param>
    /// <param name="refusal">The reason why there is none.</param>
    public bool TryOpen(bool? ipv6, string? address, Instant now, out TransportAddress advertised, out SdpRefusal refusal)
    {
        refusal = SdpRefusal.None;
        var binding = Rtp is not null && address == _address ? _binding : Choose(ipv6, address);
        if (binding is null)
            refusal = SdpRefusal.NoAddress;
        else if ((Rtp is null || binding != _binding) && !TryBind(binding, now))
            refusal = SdpRefusal.NoPorts;
        advertised = _advertised;
        if (refusal != SdpRefusal.None)
            return false;
        (_binding, _address) = (binding, address);
        return true;
    }

    public void Close(Instant now)
    {
        CloseSockets(Rtp, Rtcp);
        (Rtp, Rtcp) = (null, null);
        if (_hasPort)
            ports.Release(_port, now);
        _hasPort = false;
    }

    private MediaBinding? Choose(bool? ipv6, string? address)
    {
        var wanted = address is null ? null : IPAddress.Parse(address);
        return options.Bindings
            .Where(candidate => ipv6 is null || ipv6 == !TransportAddress.From(candidate.BindAddress, 0).IsIPv4)
            .MinBy(candidate => candidate.AdvertisedAddresses[0].Equals(wanted) ? 0 : 1);
    }

    private bool TryBind(MediaBinding binding, Instant now)
    {
        var (oldRtp, oldRtcp) = (Rtp, Rtcp);
        for (var attempt = 0; attempt < MaxAttempts && _hasPort; attempt++)
        {
            if (TryBindPair(binding))
            {
                _advertised = TransportAddress.From(binding.AdvertisedAddresses[0], _port);
                sockets.Watch(Rtp!, call, rtcp: false);
                sockets.Watch(Rtcp!, call, rtcp: true);
                CloseSockets(oldRtp, oldRtcp);
                return true;
            }
            ports.Release(_port, now);
            _hasPort = ports.TryTake(now, out _port);
        }
        return false;
    }

    private void CloseSockets(params ReadOnlySpan<UdpSocket?> pair)
    {
        foreach (var socket in pair)
        {
            if (socket is null)
                continue;
            sockets.Unwatch(socket);
            socket.Dispose();
        }
    }

    private bool TryBindPair(MediaBinding binding)
    {
        if (!UdpSocket.TryBind(binding.BindAddress.ToUdp(_port), MediaSockets.Single, out var rtp, out _))
            return false;
        if (!UdpSocket.TryBind(binding.BindAddress.ToUdp(_port + 1), MediaSockets.Single, out var rtcp, out _))
        {
            rtp.Dispose();
            return false;
        }
        (Rtp, Rtcp) = (rtp, rtcp);
        return true;
    }
}
