using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

/// <summary>
/// When to ask the peer whether it still wants our traffic, and until when its last yes holds (RFC 7675 §5.1).
/// The checks keep NAT bindings alive as well (RFC 8445 §11).
/// </summary>
internal sealed class IceConsent(TimeSpan interval, TimeSpan lifetime, IEntropy entropy)
{
    public Instant NextCheckAt { get; private set; } = Instant.Never;

    public Instant ExpiresAt { get; private set; } = Instant.Never;

    public void Start(Instant now, bool asks)
    {
        Renew(now);
        NextCheckAt = asks ? NextAfter(now) : Instant.Never;
    }

    public void Renew(Instant now) => ExpiresAt = now + lifetime;

    public void Asked(Instant now) => NextCheckAt = NextAfter(now);

    public void Stop() => NextCheckAt = ExpiresAt = Instant.Never;

    /// <summary>0.8 to 1.2 times the interval, so that calls that began together do not ask together.</summary>
    private Instant NextAfter(Instant now) => now + interval * (0.8 + 0.4 * (entropy.NextUInt32() / (double)uint.MaxValue));
}
