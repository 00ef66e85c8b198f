using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Media.Protocols.Sdp;

/// <summary>
/// A session description (RFC 8866). Reading is tolerant where peers are sloppy: line ends, blanks, missing or odd lines, text behind
/// the description; unusable parts are skipped. Another version is refused, as are text without any line of a description and
/// text beyond a limit. The caller decides whether the rest suffices for a call. Unknown attributes are kept.
/// </summary>
public sealed class SessionDescription
{
    /// <summary>Characters; a browser's offer of everything it can do is about 7000.</summary>
    public const int MaxLength = SessionDescriptionReader.MaxLength;

    /// <summary>Lines of all kinds.</summary>
    public const int MaxLines = SessionDescriptionReader.MaxLines;

    /// <summary><c>m=</c> lines.</summary>
    public const int MaxMedia = SessionDescriptionReader.MaxMedia;

    /// <summary><see cref="SdpOrigin.Unknown"/> where none could be read.</summary>
    public required SdpOrigin Origin { get; init; }

    /// <summary>The session's <c>c=</c>; null when only media sections have one.</summary>
    public SdpConnection? Connection { get; init; }

    /// <summary>Session-level attributes.</summary>
    public IReadOnlyList<SdpAttribute> Attributes { get; init; } = [];

    public IReadOnlyList<MediaDescription> Media { get; init; } = [];

    /// <summary>The attributes that hold for one of <see cref="Media"/>, typed.</summary>
    public MediaAttributes AttributesOf(MediaDescription media) => new(Attributes, Connection, media);

    /// <summary>Reads UTF-8; what is not UTF-8 becomes U+FFFD.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out SessionDescription? sdp, out SdpError error)
    {
        if (text.Length <= MaxLength)
            return TryParse(Encoding.UTF8.GetString(text), out sdp, out error);
        sdp = null;
        error = SdpError.TooLong;
        return false;
    }

    /// <summary>Never throws; <paramref name="error"/> is <see cref="SdpError.None"/> exactly when a description is returned.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SessionDescription? sdp, out SdpError error)
    {
        sdp = null;
        error = SessionDescriptionReader.Read(text, out var lines);
        if (error != SdpError.None)
            return false;
        sdp = new SessionDescription
        {
            Origin = lines.Origin,
            Connection = lines.Connection,
            Attributes = lines.Attributes,
            Media = lines.Media,
        };
        return true;
    }

    /// <summary>The text with CRLF line ends, <c>s=-</c> and <c>t=0 0</c>.</summary>
    public string Write()
    {
        var text = new StringBuilder(1024);
        Line(text, 'v', "0");
        Line(text, 'o', Origin.ToString());
        Line(text, 's', "-");
        if (Connection is { } session)
            Line(text, 'c', session.ToString());
        Line(text, 't', "0 0");
        foreach (var attribute in Attributes)
            Line(text, 'a', attribute.ToString());
        foreach (var media in Media)
        {
            Line(text, 'm', media.ToLine());
            if (media.Connection is { } connection)
                Line(text, 'c', connection.ToString());
            foreach (var attribute in media.Attributes)
                Line(text, 'a', attribute.ToString());
        }
        return text.ToString();
    }

    private static void Line(StringBuilder text, char type, string value) => text.Append(type).Append('=').Append(value).Append("\r\n");
}
