using System.Net;
using System.Net.Sockets;
using Media.Engine.Net;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Media.Engine.Legs;

/// <summary>The port pair of one PBX leg: reserved with the call, opened at its first description in the family that one needs.</summary>
internal sealed class PbxPorts(CallMedia call, MediaLoop loop, ushort reservedPort)
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
    /// <param name="family">Unspecified: any.</param>
    /// <param name="address">The binding that advertises it is taken before the others; null: the first that fits.</param>
    /// <param name="advertised">The address for the description.</param>
    /// <param name="refusal">Why there is none.</param>
    public bool TryOpen(AddressFamily family, string? address, out TransportAddress advertised, out SdpRefusal refusal)
    {
        refusal = SdpRefusal.None;
        var binding = Rtp is not null && address == _address ? _binding : Choose(family, address);
        if (binding is null)
            refusal = SdpRefusal.NoAddress;
        else if ((Rtp is null || binding != _binding) && !TryBind(binding))
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
            loop.Ports.Release(_port, now);
        _hasPort = false;
    }

    private MediaBinding? Choose(AddressFamily family, string? address)
    {
        var wanted = address is null ? null : IPAddress.Parse(address);
        return loop.Options.Pbx.Bindings
            .Where(candidate => family == AddressFamily.Unspecified || candidate.BindAddress.AddressFamily == family)
            .MinBy(candidate => candidate.AdvertisedAddresses[0].Equals(wanted) ? 0 : 1);
    }

    private bool TryBind(MediaBinding binding)
    {
        var (oldRtp, oldRtcp) = (Rtp, Rtcp);
        for (var attempt = 0; attempt < MaxAttempts && _hasPort; attempt++)
        {
            if (TryBindPair(binding))
            {
                _advertised = TransportAddress.From(binding.AdvertisedAddresses[0], _port);
                loop.Watch(Rtp!, call, rtcp: false);
                loop.Watch(Rtcp!, call, rtcp: true);
                CloseSockets(oldRtp, oldRtcp);
                return true;
            }
            var now = loop.Now;
            loop.Ports.Release(_port, now);
            _hasPort = loop.Ports.TryTake(now, out _port);
        }
        return false;
    }

    private void CloseSockets(params ReadOnlySpan<UdpSocket?> sockets)
    {
        foreach (var socket in sockets)
        {
            if (socket is null)
                continue;
            loop.Unwatch(socket);
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
