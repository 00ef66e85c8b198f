using System.Net;

namespace Gateway.Sip.Resolution;

/// <summary>Record types that SIP looks up (IANA DNS parameters).</summary>
public enum DnsRecordType
{
    A = 1,
    Cname = 5,
    Aaaa = 28,
    Srv = 33,
    Naptr = 35,
}

/// <summary>One answer of the DNS. Names are in lower case without the final dot.</summary>
public abstract record DnsRecord(string Name, TimeSpan TimeToLive);

/// <summary>RFC 1035 §3.4.1 and RFC 3596.</summary>
public sealed record AddressRecord(string Name, TimeSpan TimeToLive, IPAddress Address) : DnsRecord(Name, TimeToLive);

/// <summary>RFC 1035 §3.3.1.</summary>
public sealed record CnameRecord(string Name, TimeSpan TimeToLive, string Target) : DnsRecord(Name, TimeToLive);

/// <summary>RFC 2782. An empty target means that the service is decidedly not there.</summary>
public sealed record SrvRecord(string Name, TimeSpan TimeToLive, int Priority, int Weight, int Port, string Target)
    : DnsRecord(Name, TimeToLive);

/// <summary>RFC 3403 §4.1. Regular expressions are not kept: RFC 3263 §4.1 does not use them.</summary>
public sealed record NaptrRecord(
    string Name, TimeSpan TimeToLive, int Order, int Preference, string Flags, string Service, string Replacement)
    : DnsRecord(Name, TimeToLive);
