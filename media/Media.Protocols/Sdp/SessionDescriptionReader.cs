namespace Media.Protocols.Sdp;

/// <summary>Reads a description line by line, in the order of RFC 8866 §5: the session's lines, then each <c>m=</c> with its own.</summary>
internal static class SessionDescriptionReader
{
    public static SdpError Read(string text, out SessionDescription? sdp)
    {
        sdp = null;
        if (text.Length > SessionDescription.MaxLength)
            return SdpError.TooLong;
        var state = new State();
        var lines = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan()[range].Trim(); // CRLF, LF and trailing blanks alike
            if (line.IsEmpty)
                continue;
            if (++lines > SessionDescription.MaxLines)
                return SdpError.TooManyLines;
            var error = state.Take(line);
            if (error != SdpError.None)
                return error;
        }
        return lines == 0 ? SdpError.Empty : state.Finish(out sdp);
    }

    private sealed class State
    {
        private readonly List<SdpAttribute> _sessionAttributes = [];
        private readonly List<MediaDescription> _media = [];
        private List<SdpAttribute> _attributes;
        private SdpConnection? _sessionConnection;
        private SdpOrigin? _origin;
        private bool _versionSeen;
        private MediaLine? _line;
        private SdpConnection? _lineConnection;

        public State() => _attributes = _sessionAttributes;

        public SdpError Take(ReadOnlySpan<char> line)
        {
            // A control character (a lone CR among them) could end a line of something that we write from this.
            var hasControl = line.IndexOfAnyInRange('\0', '\u0008') >= 0 || line.IndexOfAnyInRange('\u000a', '\u001f') >= 0;
            if (line.Length < 2 || line[1] != '=' || hasControl)
                return SdpError.MalformedLine;
            var value = line[2..].Trim();
            if (!_versionSeen)
            {
                _versionSeen = true;
                return line[0] == 'v' && value is "0" ? SdpError.None : SdpError.MalformedVersion;
            }
            return line[0] switch
            {
                'o' => TakeOrigin(value),
                'c' => TakeConnection(value),
                'm' => TakeMedia(value),
                'a' => TakeAttribute(value),
                _ => SdpError.None, // s, i, u, e, p, b, t, r, z, k: nothing a call needs
            };
        }

        public SdpError Finish(out SessionDescription? sdp)
        {
            sdp = null;
            CloseMedia();
            if (_origin is null)
                return SdpError.MalformedOrigin;
            sdp = new SessionDescription
            {
                Origin = _origin,
                Connection = _sessionConnection,
                Attributes = _sessionAttributes,
                Media = _media,
            };
            return SdpError.None;
        }

        private SdpError TakeOrigin(ReadOnlySpan<char> value)
        {
            if (_origin is not null || _line is not null)
                return SdpError.None; // the first one counts
            return SdpOrigin.TryParse(value.ToString(), out _origin) ? SdpError.None : SdpError.MalformedOrigin;
        }

        private SdpError TakeConnection(ReadOnlySpan<char> value)
        {
            if (!SdpConnection.TryParse(value.ToString(), out var connection))
                return SdpError.MalformedConnection;
            if (_line is null)
                _sessionConnection ??= connection;
            else
                _lineConnection ??= connection;
            return SdpError.None;
        }

        private SdpError TakeAttribute(ReadOnlySpan<char> value)
        {
            var colon = value.IndexOf(':');
            var name = (colon < 0 ? value : value[..colon]).Trim();
            if (name.IsEmpty)
                return SdpError.MalformedLine;
            _attributes.Add(new SdpAttribute(name.ToString(), colon < 0 ? null : value[(colon + 1)..].Trim().ToString()));
            return SdpError.None;
        }

        private SdpError TakeMedia(ReadOnlySpan<char> value)
        {
            CloseMedia();
            if (_media.Count == SessionDescription.MaxMedia)
                return SdpError.TooManyMedia;
            var fields = value.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length is < 4 or > 3 + SessionDescription.MaxFormats)
                return SdpError.MalformedMedia;
            var slash = fields[1].IndexOf('/'); // number of ports: layered encodings, which no audio call uses
            if (!ushort.TryParse(slash < 0 ? fields[1] : fields[1][..slash], System.Globalization.NumberStyles.None, null, out var port))
                return SdpError.MalformedMedia;
            _line = new MediaLine(fields[0].ToLowerInvariant(), port, fields[2], fields[3..]);
            _attributes = [];
            return SdpError.None;
        }

        private void CloseMedia()
        {
            if (_line is null)
                return;
            _media.Add(new MediaDescription
            {
                Kind = _line.Kind,
                Port = _line.Port,
                Protocol = _line.Protocol,
                Formats = _line.Formats,
                Connection = _lineConnection,
                Attributes = _attributes,
            });
            _line = null;
            _lineConnection = null;
        }
    }

    private sealed record MediaLine(string Kind, ushort Port, string Protocol, string[] Formats);
}
