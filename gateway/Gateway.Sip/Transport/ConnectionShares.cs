using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>
/// The number of connections that peers hold, limited so that no one takes those of others: sources that belong to no trunk have a small
/// share in all and by address, each address of a trunk a larger one. Those of registered phones count as a trunk's from then on, and no
/// longer against other phones behind their address. Used under one lock by its owner.
/// </summary>
internal sealed class ConnectionShares(SipTransportLimits limits)
{
    private readonly Dictionary<(AddressBits Address, bool IsExpected), int> _byAddress = [];
    private int _accepted;
    private int _unexpected;

    /// <summary>Counts an accepted connection in; false: it is one too many. What entered leaves by <see cref="Leave"/>.</summary>
    /// <param name="remote">Its source.</param>
    /// <param name="isExpected">The source is one of a trunk or a phone.</param>
    /// <param name="isProved">It is a known user's: many may come from one address, a proxy's.</param>
    public bool TryEnter(TransportAddress remote, bool isExpected, bool isProved = false)
    {
        var key = (AddressScope.HostOf(remote), isExpected);
        var held = _byAddress.GetValueOrDefault(key);
        var most = isProved ? limits.MaxConnections : isExpected ? limits.MaxPerTrunkAddress : limits.MaxUnexpectedPerAddress;
        if (_accepted >= limits.MaxConnections || held >= most)
            return false;
        // Below a small total the unexpected never take more than a quarter of it.
        if (!isExpected && _unexpected >= Math.Min(limits.MaxUnexpected, Math.Max(1, limits.MaxConnections / 4)))
            return false;
        _byAddress[key] = held + 1;
        _accepted++;
        if (!isExpected)
            _unexpected++;
        return true;
    }

    public void Leave(TransportAddress remote, bool isExpected)
    {
        var key = (AddressScope.HostOf(remote), isExpected);
        if (--_byAddress[key] == 0)
            _byAddress.Remove(key);
        _accepted--;
        if (!isExpected)
            _unexpected--;
    }

    /// <summary>A connection of no trunk became one of a registered phone. It stays, however many its address has.</summary>
    public void Promote(TransportAddress remote)
    {
        Leave(remote, isExpected: false);
        var key = (AddressScope.HostOf(remote), true);
        _byAddress[key] = _byAddress.GetValueOrDefault(key) + 1;
        _accepted++;
    }
}
