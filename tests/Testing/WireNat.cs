using System.Net;
using Media.Protocols.Primitives;

namespace Testing;

/// <summary>
/// A NAT on a <see cref="LossyWire"/> (RFC 4787): every inside address gets a port of the outside address.
/// </summary>
/// <param name="inside">The address behind the NAT, whatever its port.</param>
/// <param name="outside">The public address.</param>
/// <param name="symmetric">Another port for each destination.</param>
/// <param name="open">Anyone may send to a mapped port; otherwise only destinations that it has sent to.</param>
public sealed class WireNat(IPAddress inside, IPAddress outside, bool symmetric = false, bool open = false)
{
    private readonly TransportAddress _inside = TransportAddress.From(inside, 0);
    private readonly Dictionary<(TransportAddress Inside, TransportAddress Destination), TransportAddress> _outsideOf = [];
    private readonly Dictionary<TransportAddress, TransportAddress> _insideOf = [];
    private readonly HashSet<(TransportAddress Outside, TransportAddress Remote)> _permitted = [];
    private int _rebound;

    /// <summary>Drops every mapping, as a restarted NAT does: the next packets leave from other ports.</summary>
    public void Rebind()
    {
        _rebound += _outsideOf.Count;
        _outsideOf.Clear();
        _insideOf.Clear();
        _permitted.Clear();
    }

    /// <summary>Maps a port permanently, as an operator's port forwarding or a 1:1 NAT does.</summary>
    public void Forward(TransportAddress from, TransportAddress to)
    {
        _insideOf[from] = to;
        _outsideOf[(to, default)] = from;
    }

    internal TransportAddress Outbound(TransportAddress from, TransportAddress to)
    {
        if (from.Bits != _inside.Bits)
            return from;
        var key = (from, symmetric ? to : default);
        if (!_outsideOf.TryGetValue(key, out var mapped))
        {
            mapped = TransportAddress.From(outside, 61000 + _rebound + _outsideOf.Count);
            _outsideOf[key] = mapped;
            _insideOf[mapped] = from;
        }
        _permitted.Add((mapped, to));
        return mapped;
    }

    internal bool TryInbound(TransportAddress from, ref TransportAddress to)
    {
        if (to.Bits == _inside.Bits)
            return false; // a private address is not reachable from outside
        if (to.Bits != TransportAddress.From(outside, 0).Bits)
            return true;
        if (!_insideOf.TryGetValue(to, out var target) || (!open && !_permitted.Contains((to, from))))
            return false;
        to = target;
        return true;
    }
}
