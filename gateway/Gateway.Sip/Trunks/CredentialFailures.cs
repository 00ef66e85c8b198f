using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>
/// Wrong digests by source: after ten a source may try one more every two seconds, so that a password cannot be guessed by trying. Bounded;
/// owned by the endpoint's loop.
/// </summary>
internal sealed class CredentialFailures
{
    private const double PerSecond = 0.5;
    private const double Burst = 10;
    private const int MaxSources = 1000;

    private readonly Dictionary<UInt128, RateLimit> _bySource = [];

    /// <summary>The source may be looked at.</summary>
    public bool MayTry(TransportAddress source, Instant now) => !_bySource.TryGetValue(source.Bits, out var limit) || limit.HasRoom(now);

    public void Add(TransportAddress source, Instant now)
    {
        if (_bySource.Count >= MaxSources && !_bySource.ContainsKey(source.Bits))
            _bySource.Clear();
        if (!_bySource.TryGetValue(source.Bits, out var limit))
            _bySource.Add(source.Bits, limit = new RateLimit(PerSecond, Burst));
        limit.TryTake(now);
    }

    public void Forget(TransportAddress source) => _bySource.Remove(source.Bits);
}
