using Media.Protocols.Primitives;

namespace Gateway.Sip.Subscriptions;

/// <summary>
/// The pauses between subscriptions that fail, doubled each time and up to a quarter longer by chance: thousands that a restarted PBX has
/// forgotten do not come back together.
/// </summary>
internal sealed class SubscriptionBackOff(IEntropy entropy)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private TimeSpan _next = First;

    public void Reset() => _next = First;

    /// <param name="retryAfter">The PBX's own wish; it counts up to an hour.</param>
    /// <param name="isFinal">The same would be answered again.</param>
    /// <param name="wantsAnother">The PBX wants a new subscription at once; it gets one, but not over and over.</param>
    public TimeSpan Next(TimeSpan? retryAfter, bool isFinal = false, bool wantsAnother = false)
    {
        var wait = isFinal ? Longest : wantsAnother && _next == First ? Shortest : _next;
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        if (retryAfter is { } asked)
            wait = asked < Shortest ? Shortest : asked < LongestRetryAfter ? asked : LongestRetryAfter;
        return wait * (1 + entropy.NextUInt32() % 250 / 1000.0);
    }
}
