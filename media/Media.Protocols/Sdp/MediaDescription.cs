namespace Media.Protocols.Sdp;

/// <summary>One <c>m=</c> line and what belongs to it (RFC 8866 §5.14): <c>m=kind port[/count] protocol format…</c></summary>
public sealed class MediaDescription
{
    /// <summary><c>audio</c>, <c>video</c>, <c>image</c>, <c>application</c>, <c>message</c> … in lower case.</summary>
    public required string Kind { get; init; }

    /// <summary>0 means refused or removed (RFC 3264 §6).</summary>
    public required ushort Port { get; init; }

    /// <summary><c>RTP/AVP</c>, <c>UDP/TLS/RTP/SAVPF</c> … as the peer spelled it.</summary>
    public required string Protocol { get; init; }

    /// <summary>Payload types where the protocol is RTP; anything else otherwise.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>The first <c>c=</c> of this section; null = the session's applies.</summary>
    public SdpConnection? Connection { get; init; }

    public IReadOnlyList<SdpAttribute> Attributes { get; init; } = [];

    public bool IsAudio => Kind == "audio";

    /// <summary>The same line refused: port 0, protocol and formats as they came (RFC 3264 §6).</summary>
    public MediaDescription Refused() => new() { Kind = Kind, Port = 0, Protocol = Protocol, Formats = Formats };
}
