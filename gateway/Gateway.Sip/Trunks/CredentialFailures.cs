using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>
/// Wrong digests by source (of IPv6 its network): after ten a source may try one more every two seconds, so that a password cannot be
/// guessed by trying. Bounded; owned by the endpoint's loop.
/// </summary>
internal sealed class CredentialFailures
{
    private const double PerSecond = 0.5;
    private const double Burst = 10;
    private const int MaxSources = 1000;

    private readonly Dictionary<AddressBits, RateLimit> _bySource = [];

    /// <summary>The source may be looked at.</summary>
    public bool MayTry(TransportAddress source, Instant now) =>
        !_bySource.TryGetValue(AddressScope.HostOf(source), out var limit) || limit.HasRoom(now);

    public void Add(TransportAddress source, Instant now)
    {
        if (_bySource.Count >= MaxSources && !_bySource.ContainsKey(AddressScope.HostOf(source)))
            _bySource.Clear();
        if (!_bySource.TryGetValue(AddressScope.HostOf(source), out var limit))
            _bySource.Add(AddressScope.HostOf(source), limit = new RateLimit(PerSecond, Burst));
        limit.TryTake(now);
    }

    public void Forget(TransportAddress source) => _bySource.Remove(AddressScope.HostOf(source));
}
