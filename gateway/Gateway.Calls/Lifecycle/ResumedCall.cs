using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>An answered call of another process, which goes on in this one.</summary>
public static class ResumedCall
{
    /// <summary>
    /// More than a call is without a node where the clocks agree. Beyond it they do not, and the call did not last so long.
    /// </summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(15);

    /// <param name="saved">From its last <see cref="Call.Save"/>.</param>
    /// <param name="options">The timeouts.</param>
    /// <param name="now">The time.</param>
    /// <param name="wallClock">The same by this host's wall clock, which may differ from the other's.</param>
    /// <param name="aliveAt">
    /// The last sign of life of the other process, by the call's clock: the end of the call, should its media not be up in time.
    /// </param>
    /// <param name="mayRecord">This node records messages.</param>
    public static Call Of(
        CallSnapshot saved, CallOptions options, Instant now, DateTimeOffset wallClock, DateTimeOffset aliveAt, bool mayRecord = true)
    {
        var (identity, startedAt) = (saved.Identity, saved.Times.StartedAt);
        var gap = TimeSpan.FromTicks(Math.Clamp((wallClock - aliveAt).Ticks, 0, LongestGap.Ticks));
        var start = now - gap - (aliveAt - startedAt);
        Call call = identity.Direction == CallDirection.Inbound
            ? new InboundCall(identity, options, start, startedAt) { MayRecord = mayRecord }
            : new OutboundCall(identity, options, start, startedAt);
        call.Restore(saved, now, aliveAt);
        return call;
    }
}
