namespace Gateway.WhatsApp.Meta;

/// <summary>
/// Meta's clock, from the Date header of its answers (RFC 9110 §6.6.1) and confirmed by its signed webhooks. The age of an offer is
/// measured by it, so that a host whose clock is wrong, or is set while it runs, drops no call.
/// Before the first reading it is the host's. Thread-safe.
/// </summary>
/// <remarks>Between two readings it advances by the monotonic clock. That stops while a virtual machine is
/// suspended; the next webhook or answer corrects it.</remarks>
public sealed class MetaClock(TimeProvider time)
{
    /// <summary>A slower answer is too inexact about when its date was written.</summary>
    private static readonly TimeSpan LongestRoundTrip = TimeSpan.FromSeconds(5);

    /// <summary>Dates are whole seconds, cut: on average half a second has passed.</summary>
    private static readonly TimeSpan HalfResolution = TimeSpan.FromSeconds(0.5);

    private Reading? _last;

    public DateTimeOffset Now => Volatile.Read(ref _last) is { } last ? last.At + time.GetElapsedTime(last.Timestamp) : time.GetUtcNow();

    /// <summary>Meta's time minus the host's, to about a second; null before the first reading.</summary>
    public TimeSpan? Offset => Volatile.Read(ref _last) is null ? null : Now - time.GetUtcNow();

    /// <summary>Handles the Date header of a Graph answer.</summary>
    /// <param name="date">The Date header.</param>
    /// <param name="sent">Timestamp of the <see cref="TimeProvider"/> before the request.</param>
    internal void HandleAnswer(DateTimeOffset date, long sent)
    {
        var roundTrip = time.GetElapsedTime(sent);
        if (roundTrip <= LongestRoundTrip)
            Volatile.Write(ref _last, new Reading(date + HalfResolution + roundTrip / 2, time.GetTimestamp()));
    }

    /// <summary>Handles the time of a signed webhook: it is past at Meta.</summary>
    internal void HandleWebhook(DateTimeOffset sent)
    {
        if (sent > Now)
            Volatile.Write(ref _last, new Reading(sent, time.GetTimestamp()));
    }

    private sealed record Reading(DateTimeOffset At, long Timestamp);
}
