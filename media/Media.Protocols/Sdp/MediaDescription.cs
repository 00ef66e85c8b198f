namespace Media.Protocols.Sdp;

/// <summary>One <c>m=</c> line and what belongs to it (RFC 8866 §5.14): <c>m=kind port[/count] protocol format…</c></summary>
public sealed record MediaDescription
{
    private const int MaxRefusedFormats = 64;

    /// <summary><c>audio</c>, <c>video</c>, <c>image</c>, <c>application</c>, <c>message</c> … in lower case.</summary>
    public required string Kind { get; init; }

    /// <summary>0 means refused or removed (RFC 3264 §6), or a line that could not be read.</summary>
    public required ushort Port { get; init; }

    /// <summary>The line has no readable port, protocol or, though it is not refused, format: it cannot be accepted.</summary>
    public bool IsMalformed { get; init; }

    /// <summary><c>RTP/AVP</c>, <c>UDP/TLS/RTP/SAVPF</c> … as the peer spelled it.</summary>
    public required string Protocol { get; init; }

    /// <summary>Payload types where the protocol is RTP; anything else otherwise.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>The first <c>c=</c> of this section; null = the session's applies.</summary>
    public SdpConnection? Connection { get; init; }

    public IReadOnlyList<SdpAttribute> Attributes { get; init; } = [];

    public bool IsAudio => Kind == "audio";

    /// <summary>The same line refused: port 0, protocol and formats as received (RFC 3264 §6), as far as anyone needs them.</summary>
    public MediaDescription Refused() =>
        new() { Kind = Kind, Port = 0, Protocol = Protocol, Formats = [.. Formats.Take(MaxRefusedFormats)] };

    /// <summary>
    /// As one line of text after <c>m=</c>. A format is mandatory (RFC 8866 §9): <c>*</c> serves for protocols without any.
    /// </summary>
    internal string ToLine()
    {
        var none = Protocol.Contains("RTP/", StringComparison.OrdinalIgnoreCase) ? "0" : "*";
        return $"{Kind} {Port} {Protocol} {(Formats.Count == 0 ? none : string.Join(' ', Formats))}";
    }
}
