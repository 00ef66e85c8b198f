namespace Media.Protocols.Sdp;

/// <summary>
/// Reads a description line by line, in the order of RFC 8866 §5: the session's lines, then each <c>m=</c> with its own. A line that
/// cannot be used is skipped, as are lines of types that no call needs; only an <c>m=</c> line always counts, since an answer must
/// have as many (RFC 3264 §6).
/// </summary>
internal static class SessionDescriptionReader
{
    /// <summary>CRLF, LF, CR, and the end of a C string, which some peers send along with the memory behind it.</summary>
    private const string LineEnds = "\r\n\0";

    private const char ByteOrderMark = '\uFEFF';

    /// <summary>Characters; a browser's offer of everything it can do is about 7000.</summary>
    public const int MaxLength = 32 * 1024;

    /// <summary>Lines of all kinds.</summary>
    public const int MaxLines = 1000;

    /// <summary><c>m=</c> lines.</summary>
    public const int MaxMedia = 64;

    /// <summary>The lines that were read.</summary>
    public readonly record struct Lines(
        SdpOrigin Origin, SdpConnection? Connection, IReadOnlyList<SdpAttribute> Attributes, IReadOnlyList<MediaDescription> Media);

    public static SdpError Read(string text, out Lines read)
    {
        read = default;
        if (text.Length > MaxLength)
            return SdpError.TooLong;
        var state = new State();
        var (lines, used) = (0, 0);
        foreach (var range in text.AsSpan().SplitAny(LineEnds))
        {
            var line = text.AsSpan()[range].Trim().Trim(ByteOrderMark);
            if (line.IsEmpty)
                continue;
            if (++lines > MaxLines)
                return SdpError.TooManyLines;
            if (!TrySplit(line, out var type, out var value))
                continue;
            used++;
            if (state.Take(type, value) is var error and not SdpError.None)
                return error;
        }
        if (used == 0)
            return lines == 0 ? SdpError.Empty : SdpError.MalformedLine;
        read = state.Finish();
        return SdpError.None;
    }

    /// <summary>
    /// <c>type=value</c>, with blanks around either. A control character other than a tab could end a line in text that
    /// we write from it. Only <c>m=</c> is read nevertheless, since it must count.
    /// </summary>
    private static bool TrySplit(ReadOnlySpan<char> line, out char type, out ReadOnlySpan<char> value)
    {
        type = char.ToLowerInvariant(line[0]);
        value = default;
        var rest = line[1..].TrimStart();
        if (!char.IsAsciiLetter(type) || rest.IsEmpty || rest[0] != '=')
            return false;
        value = rest[1..].Trim();
        return type == 'm' || !HasControl(value);
    }

    private static bool HasControl(ReadOnlySpan<char> value) =>
        value.IndexOfAnyInRange('\0', '\u0008') >= 0 || value.IndexOfAnyInRange('\u000a', '\u001f') >= 0 || value.Contains('\u007f');

    private sealed class State
    {
        private readonly List<SdpAttribute> _sessionAttributes = [];
        private readonly List<MediaDescription> _media = [];
        private List<SdpAttribute> _attributes;
        private SdpConnection? _sessionConnection;
        private SdpOrigin? _origin;
        private bool _versionSeen;
        private MediaDescription? _line;
        private SdpConnection? _lineConnection;

        public State() => _attributes = _sessionAttributes;

        public SdpError Take(char type, ReadOnlySpan<char> value)
        {
            switch (type)
            {
                case 'v' when !_versionSeen:
                    _versionSeen = true;
                    return value is "0" ? SdpError.None : SdpError.MalformedVersion;
                case 'o' when _origin is null && _line is null:
                    _origin = SdpOrigin.TryParse(value.ToString(), out var origin) ? origin : null;
                    return SdpError.None;
                case 'c':
                    TakeConnection(value);
                    return SdpError.None;
                case 'a':
                    TakeAttribute(value);
                    return SdpError.None;
                case 'm':
                    CloseMedia();
                    _line = MediaLine.Read(value);
                    _attributes = [];
                    return _media.Count < MaxMedia ? SdpError.None : SdpError.TooManyMedia;
                default:
                    return SdpError.None; // s, i, u, e, p, b, t, r, z, k: nothing a call needs
            }
        }

        public Lines Finish()
        {
            CloseMedia();
            return new Lines(_origin ?? SdpOrigin.Unknown, _sessionConnection, _sessionAttributes, _media);
        }

        private void TakeConnection(ReadOnlySpan<char> value)
        {
            if (!SdpConnection.TryParse(value.ToString(), out var connection))
                return;
            if (_line is null)
                _sessionConnection ??= connection;
            else
                _lineConnection ??= connection;
        }

        private void TakeAttribute(ReadOnlySpan<char> value)
        {
            var colon = value.IndexOf(':');
            var name = (colon < 0 ? value : value[..colon]).Trim();
            if (name.IndexOfAny(' ', '\t') is > 0 and var blank)
                name = name[..blank]; // "a=sendrecv ;x"
            if (!name.IsEmpty)
                _attributes.Add(new SdpAttribute(name.ToString(), colon < 0 ? null : value[(colon + 1)..].Trim().ToString()));
        }

        private void CloseMedia()
        {
            if (_line is { } line)
                _media.Add(line with { Connection = _lineConnection, Attributes = _attributes });
            _line = null;
            _lineConnection = null;
        }
    }

    /// <summary><c>m=kind port[/count] protocol format…</c></summary>
    private static class MediaLine
    {
        private const string Token = "!#$%&'*+-./0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~";
        private static readonly System.Buffers.SearchValues<char> TokenCharacters = System.Buffers.SearchValues.Create(Token);

        /// <summary>Never fails: a line with an unreadable part becomes one that cannot be accepted.</summary>
        public static MediaDescription Read(ReadOnlySpan<char> value)
        {
            var fields = value.ToString().Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            ushort port = 0;
            var isReadable = fields.Length > 2 && IsToken(fields[0]) && TryReadPort(fields[1], out port) && IsToken(fields[2]);
            var formats = isReadable ? Array.FindAll(fields[3..], IsToken) : [];
            var isMalformed = !isReadable || (formats.Length == 0 && port != 0);
            var kind = fields.Length > 0 && IsToken(fields[0]) ? fields[0].ToLowerInvariant() : "unknown";
            var protocol = isReadable ? fields[2] : "RTP/AVP";
            return new MediaDescription
            {
                Kind = kind,
                Port = isMalformed ? (ushort)0 : port,
                Protocol = protocol,
                Formats = formats,
                IsMalformed = isMalformed,
            };
        }

        /// <summary>Nothing else on the line is written back to anybody.</summary>
        private static bool IsToken(string field) => !field.AsSpan().ContainsAnyExcept(TokenCharacters);

        /// <summary>The number of ports that may follow is for layered encodings, which no audio call uses.</summary>
        private static bool TryReadPort(string field, out ushort port)
        {
            var slash = field.IndexOf('/');
            return ushort.TryParse(slash < 0 ? field : field[..slash], System.Globalization.NumberStyles.None, null, out port);
        }
    }
}
