using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>An answered call of another process, which goes on in this one.</summary>
public static class ResumedCall
{
    /// <param name="saved">From its last <see cref="Call.Save"/>.</param>
    /// <param name="options">The timeouts.</param>
    /// <param name="now">The time.</param>
    /// <param name="wallClock">The same by the wall clock.</param>
    /// <param name="aliveAt">The last sign of life of the other process: the end of the call, should its media not be up in time.</param>
    /// <param name="mayRecord">This node records messages.</param>
    public static Call Of(
        CallSnapshot saved, CallOptions options, Instant now, DateTimeOffset wallClock, DateTimeOffset aliveAt, bool mayRecord = true)
    {
        var (identity, startedAt) = (saved.Identity, saved.Times.StartedAt);
        var start = now + (startedAt - wallClock);
        Call call = identity.Direction == CallDirection.Inbound
            ? new InboundCall(identity, options, start, startedAt) { MayRecord = mayRecord }
            : new OutboundCall(identity, options, start, startedAt);
        call.Restore(saved, now, aliveAt);
        return call;
    }
}
