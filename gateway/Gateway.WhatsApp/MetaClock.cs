namespace Gateway.WhatsApp;

/// <summary>
/// Meta's clock, as its answers show it (the Date header, RFC 9110 §6.6.1) and its signed webhooks bear out: what an offer's age is judged by, so
/// that a host whose clock is wrong, or is set while it runs, drops no call. Before Meta has told a time it is the host's. Thread-safe.
/// </summary>
/// <remarks>Between two readings it goes on by the monotonic clock. That stands still while a virtual machine is suspended; the next webhook or
/// answer puts it right.</remarks>
public sealed class MetaClock(TimeProvider time)
{
    /// <summary>An answer that took longer says too little about when its date was written.</summary>
    private static readonly TimeSpan LongestRoundTrip = TimeSpan.FromSeconds(5);

    /// <summary>Dates are whole seconds, cut: on average half a second has passed.</summary>
    private static readonly TimeSpan HalfResolution = TimeSpan.FromSeconds(0.5);

    private Reading? _last;

    public DateTimeOffset Now => Volatile.Read(ref _last) is { } last ? last.At + time.GetElapsedTime(last.Timestamp) : time.GetUtcNow();

    /// <summary>Meta's time minus the host's, to about a second; null before Meta has told a time.</summary>
    public TimeSpan? Offset => Volatile.Read(ref _last) is null ? null : Now - time.GetUtcNow();

    /// <summary>An answer of Graph's bore this date.</summary>
    /// <param name="date">The Date header.</param>
    /// <param name="sent">Timestamp of the <see cref="TimeProvider"/> before the request.</param>
    internal void HandleAnswer(DateTimeOffset date, long sent)
    {
        var roundTrip = time.GetElapsedTime(sent);
        if (roundTrip <= LongestRoundTrip)
            Volatile.Write(ref _last, new Reading(date + HalfResolution + roundTrip / 2, time.GetTimestamp()));
    }

    /// <summary>A signed webhook bore this time: it is past at Meta.</summary>
    internal void HandleWebhook(DateTimeOffset sent)
    {
        if (sent > Now)
            Volatile.Write(ref _last, new Reading(sent, time.GetTimestamp()));
    }

    private sealed record Reading(DateTimeOffset At, long Timestamp);
}
