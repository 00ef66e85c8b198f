using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>The character classes and escapes of RFC 3261 §25.1 that everything in this folder shares.</summary>
public static class SipGrammar
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(Alphanumeric + "-.!%*_+`'~");
    private static readonly SearchValues<char> WordChars = SearchValues.Create(Alphanumeric + "-.!%*_+`'~()<>:\\\"/[]?{}");
    private static readonly SearchValues<char> UserChars = SearchValues.Create(Alphanumeric + "-_.!~*'()&=+$,;?/");
    private static readonly SearchValues<char> UriParameterChars = SearchValues.Create(Alphanumeric + "-_.!~*'()[]/:&+$");

    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenChars);

    /// <summary>A Call-ID: word ["@" word].</summary>
    public static bool IsCallId(ReadOnlySpan<char> text)
    {
        var at = text.IndexOf('@');
        return at < 0 ? IsWord(text) : IsWord(text[..at]) && IsWord(text[(at + 1)..]);
    }

    /// <summary>Decimal digits only, without sign or blanks, and within the range.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, uint max, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max;

    public static bool IsWhiteSpace(char c) => c is ' ' or '\t';

    /// <summary>Each "%" is followed by two hexadecimal digits.</summary>
    public static bool HasValidEscapes(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOf('%'); at >= 0; at = text.IndexOf('%'))
        {
            if (text.Length < at + 3 || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
                return false;
            text = text[(at + 3)..];
        }
        return true;
    }

    /// <summary>Decodes %-escapes as UTF-8; what is no valid UTF-8 becomes U+FFFD. Text without escapes is returned as it is.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('%'))
            return text;
        var source = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < source.Length; i++)
        {
            var isEscape = source[i] == '%' && i + 2 < source.Length
                && char.IsAsciiHexDigit((char)source[i + 1]) && char.IsAsciiHexDigit((char)source[i + 2]);
            source[length++] = isEscape ? (byte)((HexValue(source[i + 1]) << 4) | HexValue(source[i + 2])) : source[i];
            i += isEscape ? 2 : 0;
        }
        return Encoding.UTF8.GetString(source, 0, length);
    }

    public static string EscapeUser(string text) => Escape(text, UserChars);

    public static string EscapeUriParameter(string text) => Escape(text, UriParameterChars);

    /// <summary>
    /// A quoted-string that holds <paramref name="text"/>: quotes and backslashes escaped, control characters made blanks.
    /// </summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                quoted.Append('\\');
            quoted.Append(char.IsControl(c) ? ' ' : c);
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>The content of a quoted-string; any other text is returned as it is.</summary>
    public static string Unquote(string text)
    {
        if (text.Length < 2 || text[0] != '"' || text[^1] != '"')
            return text;
        if (!text.Contains('\\'))
            return text[1..^1];
        var content = new StringBuilder(text.Length);
        for (var i = 1; i < text.Length - 1; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length - 1)
                i++;
            content.Append(text[i]);
        }
        return content.ToString();
    }

    /// <summary>
    /// <paramref name="text"/> as a header value that stays one header: line ends become blanks. The last guard against injection;
    /// structured text is escaped by its own type before it comes here.
    /// </summary>
    public static string OneLine(string text) =>
        text.AsSpan().IndexOfAny('\r', '\n') < 0 ? text : text.Replace('\r', ' ').Replace('\n', ' ');

    private static bool IsWord(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(WordChars);

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static string Escape(string text, SearchValues<char> allowed)
    {
        if (!text.AsSpan().ContainsAnyExcept(allowed))
            return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b < 0x80 && allowed.Contains((char)b))
                escaped.Append((char)b);
            else
                escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return escaped.ToString();
    }
}
