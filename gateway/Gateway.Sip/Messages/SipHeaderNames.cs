using System.Collections.Frozen;

namespace Gateway.Sip.Messages;

/// <summary>
/// The spelling of header names, their short forms, and the names that carry lists (RFC 3261 §7.3, §20 and the extensions' own RFCs).
/// </summary>
internal static class SipHeaderNames
{
    /// <summary>Lists whose elements are stored one by one when they come combined with commas.</summary>
    private static readonly string[] Lists =
    [
        "Via", "Route", "Record-Route", "Contact", "Path", "Service-Route", "P-Asserted-Identity", "P-Preferred-Identity",
        "Diversion", "History-Info", "Reason", "Warning", "Call-Info", "Alert-Info", "Error-Info", "Remote-Party-ID",
    ];

    private static readonly string[] Others =
    [
        "Accept", "Accept-Encoding", "Accept-Language", "Allow", "Allow-Events", "Authentication-Info", "Authorization", "Call-ID",
        "Content-Disposition",
        "Content-Encoding", "Content-Language", "Content-Length", "Content-Type", "CSeq", "Date", "Event", "Expires", "From", "In-Reply-To",
        "Max-Forwards", "MIME-Version", "Min-Expires", "Min-SE", "Organization", "Priority", "Privacy", "Proxy-Authenticate",
        "Proxy-Authorization", "Proxy-Require", "RAck", "Refer-To", "Referred-By", "Replaces", "Reply-To", "Require", "Retry-After", "RSeq",
        "Server", "Session-Expires", "Subject", "Subscription-State", "Supported", "Timestamp", "To", "Unsupported", "User-Agent",
        "WWW-Authenticate",
    ];

    private static readonly FrozenDictionary<string, string> Canonical = BuildCanonical();

    private static readonly FrozenSet<string> ListNames = Lists.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The full name in its usual spelling; unknown names are returned as they are.</summary>
    public static string Canonicalize(string name) => Canonical.GetValueOrDefault(name, name);

    public static bool IsList(string canonicalName) => ListNames.Contains(canonicalName);

    private static FrozenDictionary<string, string> BuildCanonical()
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["i"] = "Call-ID", ["m"] = "Contact", ["e"] = "Content-Encoding", ["l"] = "Content-Length", ["c"] = "Content-Type",
            ["f"] = "From",
            ["s"] = "Subject", ["k"] = "Supported", ["t"] = "To", ["v"] = "Via",
            ["r"] = "Refer-To", ["b"] = "Referred-By", ["x"] = "Session-Expires", ["o"] = "Event", ["u"] = "Allow-Events",
        };
        foreach (var name in Lists.Concat(Others))
            names[name] = name;
        return names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
