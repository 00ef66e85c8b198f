using System.Globalization;

namespace Media.Protocols.Sdp;

/// <summary>
/// Typed reading of the attributes that hold for one media section: its own, else the session's (RFC 8866 §5.13). The one place where
/// attribute values are given a meaning; a malformed value reads as absent.
/// </summary>
/// <param name="session">The session's attributes.</param>
/// <param name="connection">The session's <c>c=</c>.</param>
/// <param name="media">The section.</param>
public readonly struct MediaAttributes(IReadOnlyList<SdpAttribute> session, SdpConnection? connection, MediaDescription media)
{
    /// <summary>The section's <c>c=</c>, else the session's.</summary>
    public SdpConnection? Connection => media.Connection ?? connection;

    /// <summary>RFC 5888 §4; null as well when it is not a single token, which must never be echoed to a peer.</summary>
    public string? Mid => media.Attributes.FirstOrDefault(a => a.Is("mid")).Value is { Length: > 0 } mid && !mid.Contains(' ') ? mid : null;

    /// <summary>The session bundles its sections (RFC 9143).</summary>
    public bool Bundled =>
        session.Any(a => a.Is("group") && a.Value is { } value && value.StartsWith("BUNDLE", StringComparison.OrdinalIgnoreCase));

    /// <summary>RFC 8866 §6.7: sendrecv when nothing is said.</summary>
    public MediaDirection Direction => DirectionIn(media.Attributes) ?? DirectionIn(session) ?? MediaDirection.SendRecv;

    /// <summary>Milliseconds; 0 when absent. Fractions, which some peers write, are truncated.</summary>
    public int PacketTime => Milliseconds("ptime");

    /// <summary>Milliseconds; 0 when absent.</summary>
    public int MaxPacketTime => Milliseconds("maxptime");

    public bool RtcpMux => Has("rtcp-mux");

    /// <summary>VoIP metrics are asked for: <c>a=rtcp-xr:… voip-metrics …</c> (RFC 3611 §5.1).</summary>
    public bool VoipMetrics =>
        Values("rtcp-xr").Any(value => value is not null && value.Split(' ').Contains("voip-metrics", StringComparer.OrdinalIgnoreCase));

    /// <summary>True when any <c>a=rtcp-xr</c> is present.</summary>
    public bool HasExtendedReports => Has("rtcp-xr");

    /// <summary>RFC 8839 §5.3.</summary>
    public bool IceLite => Has("ice-lite");

    public string? IceUfrag => Value("ice-ufrag");

    /// <summary>WhatsApp's ends in <c>==</c>, outside RFC 8839's ice-char; it is taken as it is.</summary>
    public string? IcePassword => Value("ice-pwd");

    /// <summary>The values of <c>a=candidate</c>, unread.</summary>
    public IEnumerable<string> Candidates => media.Attributes.Where(a => a.Is("candidate") && a.Value is not null).Select(a => a.Value!);

    /// <summary>All fingerprints, the section's first, then the session's; <c>default</c> for one that cannot be read.</summary>
    public IReadOnlyList<Fingerprint> Fingerprints =>
    [
        .. media.Attributes.Concat(session).Where(attribute => attribute.Is("fingerprint"))
            .Select(attribute => Fingerprint.TryParse(attribute.Value, out var read) ? read : default),
    ];

    /// <summary>
    /// The fingerprints to compare with: of the strongest hash at the nearest level that has a usable one (RFC 8122 §5: what cannot be used
    /// is skipped, and any of several with one hash may match).
    /// </summary>
    public IReadOnlyList<Fingerprint> UsableFingerprints
    {
        get
        {
            var own = Usable(media.Attributes);
            return own.Count > 0 ? own : Usable(session);
        }
    }

    public DtlsSetup Setup => Value("setup")?.ToLowerInvariant() switch
    {
        "actpass" => DtlsSetup.ActPass,
        "active" => DtlsSetup.Active,
        "passive" => DtlsSetup.Passive,
        "holdconn" => DtlsSetup.HoldConn,
        _ => DtlsSetup.None,
    };

    /// <summary>RFC 3605: <c>a=rtcp:port [IN IP4 address]</c>.</summary>
    public (ushort Port, SdpConnection? Connection)? Rtcp
    {
        get
        {
            if (Value("rtcp") is not { } value)
                return null;
            var blank = value.IndexOfAny([' ', '\t']);
            if (!ushort.TryParse(blank < 0 ? value : value[..blank], NumberStyles.None, null, out var port))
                return null;
            return (port, blank > 0 && SdpConnection.TryParse(value[blank..], out var connection) ? connection : null);
        }
    }

    /// <summary>True when any <c>a=crypto</c> is present, readable or not.</summary>
    public bool HasCrypto => Has("crypto");

    /// <summary>The <c>a=crypto</c> lines that can be honoured, in the peer's order.</summary>
    public IReadOnlyList<SdesCrypto> Crypto
    {
        get
        {
            var lines = new List<SdesCrypto>();
            foreach (var value in Values("crypto"))
                if (SdesCrypto.TryParse(value, out var crypto))
                    lines.Add(crypto);
            return lines;
        }
    }

    /// <summary>
    /// The meaning of each format of the <c>m=</c> line, in the peer's order; unknown dynamic types are left out. A number that is given
    /// several meanings has them all, the last first: it is the one most readers keep.
    /// </summary>
    public IReadOnlyList<RtpMap> RtpMaps
    {
        get
        {
            var named = new List<RtpMap>();
            foreach (var attribute in media.Attributes)
                if (attribute.Is("rtpmap") && RtpMap.TryParse(attribute.Value, out var map))
                    named.Add(map);
            var maps = new List<RtpMap>(named.Count);
            Span<bool> seen = stackalloc bool[RtpMap.MaxPayloadType + 1];
            seen.Clear();
            foreach (var format in media.Formats)
            {
                if (!RtpMap.TryParsePayloadType(format, out var type) || seen[type])
                    continue;
                seen[type] = true;
                var count = maps.Count;
                for (var i = named.Count - 1; i >= 0; i--)
                    if (named[i].PayloadType == type)
                        maps.Add(named[i]);
                if (maps.Count == count && RtpMap.Static(type) is { } known)
                    maps.Add(known);
            }
            return maps;
        }
    }

    /// <summary>The parameters of <c>a=fmtp:type parameters</c>; null without any.</summary>
    public string? FormatParameters(byte payloadType)
    {
        foreach (var attribute in media.Attributes)
            if (attribute.Is("fmtp") && attribute.Value is { } value && value.IndexOfAny([' ', '\t']) is > 0 and var blank
                && RtpMap.TryParsePayloadType(value.AsSpan(0, blank), out var type) && type == payloadType)
                return value[(blank + 1)..].Trim();
        return null;
    }

    private static List<Fingerprint> Usable(IReadOnlyList<SdpAttribute> attributes)
    {
        var usable = new List<Fingerprint>();
        foreach (var attribute in attributes)
        {
            if (!attribute.Is("fingerprint") || !Fingerprint.TryParse(attribute.Value, out var read) || !read.IsWellFormed)
                continue;
            if (usable.Count > 0 && read.Strength > usable[0].Strength)
                usable.Clear();
            if ((usable.Count == 0 || read.Strength == usable[0].Strength) && !usable.Contains(read))
                usable.Add(read);
        }
        return usable;
    }

    private static MediaDirection? DirectionIn(IReadOnlyList<SdpAttribute> attributes)
    {
        foreach (var attribute in attributes)
            if (MediaDirectionExtensions.Read(attribute) is { } direction)
                return direction;
        return null;
    }

    private int Milliseconds(string name)
    {
        var digits = Value(name).AsSpan();
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, null, out var value) ? value : 0;
    }

    private bool Has(string name) => media.Attributes.Any(a => a.Is(name)) || session.Any(a => a.Is(name));

    private string? Value(string name) => Values(name).FirstOrDefault();

    private IEnumerable<string?> Values(string name)
    {
        var own = media.Attributes.Where(a => a.Is(name));
        return (own.Any() ? own : session.Where(a => a.Is(name))).Select(a => a.Value);
    }
}
