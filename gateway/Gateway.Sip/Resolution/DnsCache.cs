using Media.Protocols.Primitives;

namespace Gateway.Sip.Resolution;

/// <summary>
/// Answers kept for their time to live, failures for a short while; an answer that has run out stands in for a failure (RFC 8767 §4).
/// Bounded, the oldest leave first. Used under one lock by its owner.
/// </summary>
public sealed class DnsCache(int capacity = 1024)
{
    /// <summary>A server that is down is not asked again for each call.</summary>
    private static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(5);

    /// <summary>"No such record" is kept this long at least and at most; the SOA's own value is not read.</summary>
    private static readonly TimeSpan AbsenceLifetime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    private readonly Dictionary<(string Name, DnsRecordType Type), (DnsResult<DnsRecord> Result, Instant Expiry)> _entries = [];
    private readonly Queue<(string Name, DnsRecordType Type)> _order = new();

    public int Count => _entries.Count;

    public bool TryGet(string name, DnsRecordType type, Instant now, out DnsResult<DnsRecord> result)
    {
        var isFresh = _entries.TryGetValue((name.ToUpperInvariant(), type), out var entry) && now < entry.Expiry;
        result = isFresh ? entry.Result : default;
        return isFresh;
    }

    /// <summary>Keeps a result, and says what counts now: that, or where it is a failure, the last answer.</summary>
    public DnsResult<DnsRecord> Put(string name, DnsRecordType type, DnsResult<DnsRecord> result, Instant now)
    {
        var key = (name.ToUpperInvariant(), type);
        var lifetime = LifetimeOf(result);
        if (_entries.TryGetValue(key, out var before))
        {
            if (!IsAnswer(result) && IsAnswer(before.Result))
                result = before.Result;
        }
        else
        {
            if (_entries.Count >= capacity)
                _entries.Remove(_order.Dequeue());
            _order.Enqueue(key);
        }
        _entries[key] = (result, now + lifetime);
        return result;
    }

    private static bool IsAnswer(DnsResult<DnsRecord> result) => result.Status is DnsStatus.Ok or DnsStatus.NoSuchName;

    private static TimeSpan LifetimeOf(DnsResult<DnsRecord> result)
    {
        if (!IsAnswer(result))
            return FailureLifetime;
        if (result.Records.Count == 0)
            return AbsenceLifetime;
        var shortest = result.Records.Min(record => record.TimeToLive);
        return shortest < MinLifetime ? MinLifetime : shortest > MaxLifetime ? MaxLifetime : shortest;
    }
}
