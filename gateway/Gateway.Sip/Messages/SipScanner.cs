namespace Gateway.Sip.Messages;

/// <summary>A cursor over one header value. Every Try method leaves the cursor in place when it answers false.</summary>
internal ref struct SipScanner(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    public readonly bool AtEnd => _at >= _text.Length;

    public readonly ReadOnlySpan<char> Rest => _text[_at..];

    public readonly char Peek => AtEnd ? '\0' : _text[_at];

    public void SkipWhiteSpace()
    {
        while (!AtEnd && SipGrammar.IsWhiteSpace(_text[_at]))
            _at++;
    }

    public bool TryTake(char expected)
    {
        if (AtEnd || _text[_at] != expected)
            return false;
        _at++;
        return true;
    }

    /// <summary>A separator with optional blanks on both sides (RFC 3261: SWS sep SWS).</summary>
    public bool TryTakeSeparator(char separator)
    {
        var start = _at;
        SkipWhiteSpace();
        if (!TryTake(separator))
        {
            _at = start;
            return false;
        }
        SkipWhiteSpace();
        return true;
    }

    public bool TryTakeToken(out ReadOnlySpan<char> token)
    {
        var length = 0;
        while (_at + length < _text.Length && SipGrammar.IsToken(_text.Slice(_at + length, 1)))
            length++;
        token = _text.Slice(_at, length);
        _at += length;
        return length > 0;
    }

    /// <summary>Everything up to one of <paramref name="stops"/> or the end; may be empty.</summary>
    public ReadOnlySpan<char> TakeUntil(ReadOnlySpan<char> stops)
    {
        var length = Rest.IndexOfAny(stops);
        var taken = length < 0 ? Rest : Rest[..length];
        _at += taken.Length;
        return taken;
    }

    /// <summary>Skips what there is of <paramref name="any"/>.</summary>
    public void Take(ReadOnlySpan<char> any)
    {
        var length = Rest.IndexOfAnyExcept(any);
        _at += length < 0 ? Rest.Length : length;
    }

    /// <summary>A quoted-string with its quotes, escapes left as they are.</summary>
    public bool TryTakeQuoted(out ReadOnlySpan<char> quoted)
    {
        quoted = default;
        if (Peek != '"')
            return false;
        for (var i = _at + 1; i < _text.Length; i++)
        {
            if (_text[i] == '\\')
                i++;
            else if (_text[i] == '"')
            {
                quoted = _text[_at..(i + 1)];
                _at = i + 1;
                return true;
            }
        }
        return false;
    }
}
