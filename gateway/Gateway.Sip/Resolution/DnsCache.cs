using Media.Protocols.Primitives;

namespace Gateway.Sip.Resolution;

/// <summary>
/// Answers kept for their time to live, failures for a short while; bounded, the oldest leave first. Used under one lock by its owner.
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

    public void Put(string name, DnsRecordType type, DnsResult<DnsRecord> result, Instant now)
    {
        var key = (name.ToUpperInvariant(), type);
        if (!_entries.ContainsKey(key))
        {
            if (_entries.Count >= capacity)
                _entries.Remove(_order.Dequeue());
            _order.Enqueue(key);
        }
        _entries[key] = (result, now + LifetimeOf(result));
    }

    private static TimeSpan LifetimeOf(DnsResult<DnsRecord> result)
    {
        if (result.Status is not (DnsStatus.Ok or DnsStatus.NoSuchName))
            return FailureLifetime;
        if (result.Records.Count == 0)
            return AbsenceLifetime;
        var shortest = result.Records.Min(record => record.TimeToLive);
        return shortest < MinLifetime ? MinLifetime : shortest > MaxLifetime ? MaxLifetime : shortest;
    }
}
