namespace Gateway.Sip.Messages;

/// <summary>
/// One header field; <paramref name="Name"/> in its full form, <paramref name="Value"/> without folding and outer blanks.
/// </summary>
public readonly record struct SipHeader(string Name, string Value);

/// <summary>
/// The header fields of a message in order. Names match without case and in short or full form. Address and reason lists (Via, Route,
/// Record-Route, Contact, P-Asserted-Identity, Diversion …) hold one element per entry, however they came; token lists (Allow, Supported …)
/// are read with <see cref="Tokens"/>. A value is always one line: line ends in it become blanks, so nothing written here can begin another
/// header.
/// </summary>
public sealed class SipHeaders
{
    private readonly List<SipHeader> _items = [];

    public int Count => _items.Count;

    /// <summary>The first value; null when there is none. Setting replaces all values of the name; null removes them.</summary>
    public string? this[string name]
    {
        get
        {
            var at = IndexOf(name);
            return at < 0 ? null : _items[at].Value;
        }
        set
        {
            if (value is null)
            {
                Remove(name);
                return;
            }
            var at = IndexOf(name);
            Remove(name);
            _items.Insert(at < 0 ? _items.Count : at, Create(name, value));
        }
    }

    public bool Contains(string name) => IndexOf(name) >= 0;

    /// <summary>All values of the name in order.</summary>
    public IEnumerable<string> All(string name)
    {
        var canonical = SipHeaderNames.Canonicalize(name);
        foreach (var item in _items)
        {
            if (item.Name.Equals(canonical, StringComparison.OrdinalIgnoreCase))
                yield return item.Value;
        }
    }

    /// <summary>The comma-separated tokens of a list header over all its entries, blanks trimmed, empty ones left out.</summary>
    public IEnumerable<string> Tokens(string name)
    {
        foreach (var value in All(name))
        {
            foreach (var token in SipListSplitter.Split(value))
            {
                if (token.Length > 0)
                    yield return token;
            }
        }
    }

    /// <summary>Option tags and methods compare without case here: peers that write "100Rel" mean it.</summary>
    public bool HasToken(string name, string token) => Tokens(name).Contains(token, StringComparer.OrdinalIgnoreCase);

    public void Add(string name, string value) => _items.Add(Create(name, value));

    /// <summary>Puts the value before all others of its name: a new top Via or Route.</summary>
    public void Prepend(string name, string value)
    {
        var at = IndexOf(name);
        _items.Insert(at < 0 ? 0 : at, Create(name, value));
    }

    /// <summary>Replaces the first value of the name, or adds it.</summary>
    public void ReplaceFirst(string name, string value)
    {
        var at = IndexOf(name);
        if (at < 0)
            Add(name, value);
        else
            _items[at] = Create(name, value);
    }

    public bool RemoveFirst(string name)
    {
        var at = IndexOf(name);
        if (at < 0)
            return false;
        _items.RemoveAt(at);
        return true;
    }

    public int Remove(string name)
    {
        var canonical = SipHeaderNames.Canonicalize(name);
        return _items.RemoveAll(item => item.Name.Equals(canonical, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Adds every value that <paramref name="source"/> has of the name, in order.</summary>
    public void CopyFrom(SipHeaders source, string name)
    {
        foreach (var value in source.All(name))
            Add(name, value);
    }

    public SipHeaders Clone()
    {
        var clone = new SipHeaders();
        clone._items.AddRange(_items);
        return clone;
    }

    public List<SipHeader>.Enumerator GetEnumerator() => _items.GetEnumerator();

    private int IndexOf(string name)
    {
        var canonical = SipHeaderNames.Canonicalize(name);
        return _items.FindIndex(item => item.Name.Equals(canonical, StringComparison.OrdinalIgnoreCase));
    }

    private static SipHeader Create(string name, string value)
    {
        if (!SipGrammar.IsToken(name))
            throw new ArgumentException("A header name is a token.", nameof(name));
        return new SipHeader(SipHeaderNames.Canonicalize(name), SipGrammar.OneLine(value));
    }
}
