using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;
using Media.Protocols.Primitives;

namespace Gateway.WhatsApp.Graph;

/// <summary>
/// Keeps the time until which Meta asks for a pause on a number (or one action of it): <c>Retry-After</c>, the estimate in
/// <c>X-Business-Use-Case-Usage</c>, or a default where an answer only reports "too many".
/// </summary>
internal sealed class GraphThrottle(TimeProvider time)
{
    /// <summary>The pause after a throttling answer that gives no time.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause accepted; a wrong header must not silence a number for a day.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(60);

    private const string UsageHeader = "X-Business-Use-Case-Usage";

    /// <summary>Monotonic: a host clock that is set back must not silence a number.</summary>
    private readonly InstantClock _clock = new(time);

    private readonly ConcurrentDictionary<(string Number, string Action), Instant> _blocked = new();

    /// <summary>The remaining pause, zero when there is none.</summary>
    public TimeSpan Remaining(string phoneNumberId, string action)
    {
        var now = _clock.Now;
        var whole = Until((phoneNumberId, ""), now) - now;
        var single = Until((phoneNumberId, action), now) - now;
        return whole > single ? whole : single;
    }

    /// <summary>Evaluates one answer. Returns the pause that Meta asks for, null when it asks for none.</summary>
    public TimeSpan? Learn(string phoneNumberId, string action, HttpResponseHeaders headers, WhatsAppError? error)
    {
        var asked = RetryAfter(headers);
        var regain = RegainAccess(headers);
        var wait = asked > regain || regain is null ? asked : regain;
        var throttled = error?.IsThrottling == true;
        if (throttled)
            wait ??= DefaultWait;
        if (wait is not { } span || span <= TimeSpan.Zero)
            return null;
        if (span > MaxWait)
            span = MaxWait;

        // 613 counts reads of permissions only, 130429 and 131056 messages only; the rest concerns everything the number does.
        var scope = error?.Code is WhatsAppErrorCodes.PermissionReadRate or WhatsAppErrorCodes.RateLimit or WhatsAppErrorCodes.PairRateLimit
            ? action : "";
        if (throttled || regain > TimeSpan.Zero)
            _blocked[(phoneNumberId, scope)] = _clock.Now + span;
        return span;
    }

    private Instant Until((string, string) key, Instant now)
    {
        if (!_blocked.TryGetValue(key, out var until))
            return now;
        if (until > now)
            return until;
        _blocked.TryRemove(KeyValuePair.Create(key, until));
        return now;
    }

    /// <summary>The pause of Retry-After. A date in it is Meta's, so it is compared with Meta's clock.</summary>
    private TimeSpan? RetryAfter(HttpResponseHeaders headers) =>
        headers.RetryAfter?.Delta ?? (headers.RetryAfter?.Date is { } date ? date - (headers.Date ?? time.GetUtcNow()) : null);

    /// <summary><c>{"business id":[{"type":…,"call_count":…,"estimated_time_to_regain_access":minutes}]}</c></summary>
    private static TimeSpan? RegainAccess(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues(UsageHeader, out var values) || values.FirstOrDefault() is not { Length: < 16 * 1024 } text)
            return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            long longest = 0;
            foreach (var business in document.RootElement.EnumerateObject())
                if (business.Value.ValueKind == JsonValueKind.Array)
                    foreach (var usage in business.Value.EnumerateArray())
                        longest = Math.Max(longest, usage.Number("estimated_time_to_regain_access") ?? 0);
            return longest > 0 ? TimeSpan.FromMinutes(Math.Min(longest, 24 * 60)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
