using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>
/// The number of connections that peers hold, limited so that no one takes those of others: sources that belong to no trunk have a small
/// share in all and by address, each address of a trunk a larger one. Used under one lock by its owner.
/// </summary>
internal sealed class ConnectionShares(SipTransportLimits limits)
{
    private readonly Dictionary<UInt128, int> _byAddress = [];
    private int _accepted;
    private int _unexpected;

    /// <summary>Counts an accepted connection in; false: it is one too many. What entered leaves by <see cref="Leave"/>.</summary>
    public bool TryEnter(TransportAddress remote, bool isExpected)
    {
        var address = KeyOf(remote);
        var held = _byAddress.GetValueOrDefault(address);
        if (_accepted >= limits.MaxConnections || held >= (isExpected ? limits.MaxPerTrunkAddress : limits.MaxUnexpectedPerAddress))
            return false;
        // Below a small total the unexpected never take more than a quarter of it.
        if (!isExpected && _unexpected >= Math.Min(limits.MaxUnexpected, Math.Max(1, limits.MaxConnections / 4)))
            return false;
        _byAddress[address] = held + 1;
        _accepted++;
        if (!isExpected)
            _unexpected++;
        return true;
    }

    public void Leave(TransportAddress remote, bool isExpected)
    {
        var address = KeyOf(remote);
        if (--_byAddress[address] == 0)
            _byAddress.Remove(address);
        _accepted--;
        if (!isExpected)
            _unexpected--;
    }

    /// <summary>One host has a whole /64 of IPv6 (RFC 4291 §2.5.1), so that counts as one address.</summary>
    public static UInt128 KeyOf(TransportAddress remote) => remote.IsIPv4 ? remote.Bits : remote.Bits >> 64 << 64;
}
