using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

/// <summary>
/// The schedule of consent checks, and the time until which the peer's last consent holds (RFC 7675 §5.1).
/// The checks keep NAT bindings alive as well (RFC 8445 §11).
/// </summary>
internal sealed class IceConsent(TimeSpan interval, TimeSpan lifetime, IEntropy entropy)
{
    /// <summary>RTO of the smallest (RFC 8445 §14.3): the wait for one answer before a doubted path is checked again.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(500);

    /// <summary>One or two lost packets do not make a path dead.</summary>
    private const int Enough = 3;

    private int _unanswered;
    private bool _isDoubted;

    public Instant NextCheckAt { get; private set; } = Instant.Never;

    public Instant ExpiresAt { get; private set; } = Instant.Never;

    /// <summary>
    /// From when on the path counts as dead: it was asked often enough, and has not answered. Consent itself still holds.
    /// </summary>
    public Instant FailsAt { get; private set; } = Instant.Never;

    public void Start(Instant now, bool asks)
    {
        Renew(now);
        NextCheckAt = asks ? NextAfter(now) : Instant.Never;
    }

    public void Renew(Instant now) => (ExpiresAt, FailsAt, _unanswered, _isDoubted) = (now + lifetime, Instant.Never, 0, false);

    public void Asked(Instant now)
    {
        _unanswered++;
        if (_unanswered == Enough)
            FailsAt = now + Wait;
        NextCheckAt = _isDoubted && _unanswered < Enough ? now + Wait : NextAfter(now);
    }

    /// <summary>
    /// There is a reason to doubt that the path still works: it is checked at once, and again, until it answers or fails.
    /// </summary>
    public void Doubt(Instant now)
    {
        if (_isDoubted || NextCheckAt == Instant.Never)
            return;
        _isDoubted = true;
        NextCheckAt = now;
    }

    public void Stop() => NextCheckAt = ExpiresAt = Instant.Never;

    /// <summary>0.8 to 1.2 times the interval, so that calls that began together do not check together.</summary>
    private Instant NextAfter(Instant now) => now + interval * (0.8 + 0.4 * (entropy.NextUInt32() / (double)uint.MaxValue));
}
