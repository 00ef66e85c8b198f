using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>One ";name=value". <paramref name="Value"/> is as on the wire, quotes or escapes included; null when there is no "=".</summary>
public readonly record struct SipParameter(string Name, string? Value);

/// <summary>
/// An immutable, ordered list of ";name=value" parameters. Names compare without case; when a name comes twice the first counts.
/// </summary>
public sealed class SipParameters : IEquatable<SipParameters>
{
    public static readonly SipParameters None = new([], escaped: false);

    private readonly SipParameter[] _items;

    /// <summary>URI parameters carry %-escapes in names and values; header parameters carry quotes.</summary>
    private readonly bool _escaped;

    private SipParameters(SipParameter[] items, bool escaped)
    {
        _items = items;
        _escaped = escaped;
    }

    public int Count => _items.Length;

    public ReadOnlySpan<SipParameter> Items => _items;

    /// <summary>The parameter's value without quotes or escapes; null when it is absent or has no value (see <see cref="Has"/>).</summary>
    public string? this[string name] => TryFind(name, out var found) && found.Value is { } value ? Decode(value) : null;

    public bool Has(string name) => TryFind(name, out _);

    public bool HasDuplicates(string name) => Array.FindAll(_items, item => IsNamed(item, name)).Length > 1;

    /// <summary>Sets a header parameter; a value that is not a token is quoted (a bracketed IPv6 address is not).</summary>
    public SipParameters With(string name, string? value = null) =>
        WithRaw(name, value is null || SipGrammar.IsToken(value) || IsAddress(value) ? value : SipGrammar.Quote(value), _escaped);

    /// <summary>Sets a URI parameter; reserved characters are %-escaped.</summary>
    public SipParameters WithEscaped(string name, string? value = null) => 
        WithRaw(name, value is null ? null : SipGrammar.EscapeUriParameter(value), escaped: true);

    public SipParameters Without(string name) => Has(name) ? new(Array.FindAll(_items, item => !IsNamed(item, name)), _escaped) : this;

    /// <summary>Reads *(";" name ["=" (token / host / quoted-string)]) with blanks around separators, up to the end of the text.</summary>
    internal static bool TryParse(ref SipScanner scanner, out SipParameters parameters)
    {
        parameters = None;
        List<SipParameter>? items = null;
        while (scanner.TryTakeSeparator(';'))
        {
            if (scanner.AtEnd || scanner.Peek == ';')
                continue; // a semicolon too many
            if ((items ??= []).Count == SipLimits.MaxParameters || !scanner.TryTakeToken(out var name))
                return false;
            string? value = null;
            if (scanner.TryTakeSeparator('='))
            {
                if (scanner.TryTakeQuoted(out var quoted))
                    value = quoted.ToString();
                else if (scanner.Peek == '"')
                    return false;
                else
                    value = scanner.TakeUntil(" \t;,\"<>").ToString();
            }
            items.Add(new SipParameter(name.ToString(), value));
        }
        scanner.SkipWhiteSpace();
        if (!scanner.AtEnd)
            return false;
        parameters = items is null ? None : new([.. items], escaped: false);
        return true;
    }

    /// <summary>Reads the parameters of a URI: no blanks, no quotes, %-escapes in names and values.</summary>
    internal static bool TryParseUri(ReadOnlySpan<char> text, out SipParameters parameters)
    {
        parameters = None;
        if (text.IsEmpty)
            return true;
        if (!SipGrammar.HasValidEscapes(text))
            return false;
        List<SipParameter> items = [];
        foreach (var range in text[1..].Split(';'))
        {
            var item = text[1..][range];
            if (item.IsEmpty)
                continue; // a semicolon too many
            var equals = item.IndexOf('=');
            var name = equals < 0 ? item : item[..equals];
            if (name.IsEmpty || items.Count == SipLimits.MaxParameters)
                return false;
            items.Add(new SipParameter(name.ToString(), equals < 0 ? null : item[(equals + 1)..].ToString()));
        }
        parameters = new([.. items], escaped: true);
        return true;
    }

    public void WriteTo(StringBuilder target)
    {
        foreach (var (name, value) in _items)
        {
            target.Append(';').Append(name);
            if (value is not null)
                target.Append('=').Append(value);
        }
    }

    public bool Equals(SipParameters? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    public override bool Equals(object? obj) => Equals(obj as SipParameters);

    public override int GetHashCode() => _items.Length == 0 ? 0 : HashCode.Combine(_items.Length, _items[0]);

    public override string ToString()
    {
        var text = new StringBuilder();
        WriteTo(text);
        return text.ToString();
    }

    private SipParameters WithRaw(string name, string? value, bool escaped)
    {
        if (!SipGrammar.IsToken(name))
            throw new ArgumentException("A parameter name is a token.", nameof(name));
        var at = Array.FindIndex(_items, item => IsNamed(item, name));
        if (at < 0)
            return new([.. _items, new SipParameter(name, value)], escaped);
        var items = (SipParameter[])_items.Clone();
        items[at] = new SipParameter(name, value);
        return new(items, escaped);
    }

    private bool TryFind(string name, out SipParameter found)
    {
        foreach (var item in _items)
        {
            if (!IsNamed(item, name))
                continue;
            found = item;
            return true;
        }
        found = default;
        return false;
    }

    private bool IsNamed(SipParameter item, string name) =>
        (_escaped ? SipGrammar.Unescape(item.Name) : item.Name).Equals(name, StringComparison.OrdinalIgnoreCase);

    private string Decode(string value) => _escaped ? SipGrammar.Unescape(value) : SipGrammar.Unquote(value);

    private static bool IsAddress(string value) => System.Net.IPAddress.TryParse(value, out _);
}
