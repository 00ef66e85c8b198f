using System.Net;

namespace Gateway.Sip.Resolution;

/// <summary>The outcome of a lookup. A closed set: it is a metric label.</summary>
public enum DnsStatus
{
    /// <summary>Answered; there may still be no record of the type.</summary>
    Ok,
    /// <summary>The name does not exist.</summary>
    NoSuchName,
    /// <summary>The server could not or would not answer.</summary>
    ServerFailure,
    /// <summary>No server answered in time.</summary>
    Timeout,
    /// <summary>The answer did not fit a datagram (TC).</summary>
    Truncated,
    /// <summary>The name is longer than any may be, or the answer is no DNS message.</summary>
    Malformed,
}

/// <summary>Records of one type for one name; empty unless <paramref name="Status"/> is Ok.</summary>
public readonly record struct DnsResult<T>(DnsStatus Status, IReadOnlyList<T> Records);

/// <summary>The lookups of RFC 3263; implementations cache and never throw but for cancellation.</summary>
public interface ISipDnsClient
{
    Task<DnsResult<NaptrRecord>> QueryNaptrAsync(string name, CancellationToken cancellation);

    Task<DnsResult<SrvRecord>> QuerySrvAsync(string name, CancellationToken cancellation);

    /// <summary>IPv4 and IPv6 addresses in the order of preference.</summary>
    Task<DnsResult<IPAddress>> QueryAddressesAsync(string host, CancellationToken cancellation);
}
