namespace Gateway.Sip.Messages;

/// <summary>
/// A walk over raw header lines, for what has to be known before a message is parsed. Lines that are no header fields are passed over.
/// </summary>
internal ref struct RawHeaderReader(ReadOnlySpan<byte> head)
{
    private ReadOnlySpan<byte> _rest = head;

    /// <summary>As it was written: perhaps in its short form (RFC 3261 §7.3.3).</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Without the blanks around it; of a folded field its first line.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The next line continues this one.</summary>
    public bool IsFolded { get; private set; }

    /// <summary>False: there is no field any more.</summary>
    public bool TryRead()
    {
        while (!_rest.IsEmpty)
        {
            var end = _rest.IndexOf("\r\n"u8);
            var line = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 2)..];
            var colon = line.IndexOf((byte)':');
            if (colon < 1)
                continue;
            Name = line[..colon].TrimEnd(" \t"u8);
            Value = line[(colon + 1)..].Trim(" \t"u8);
            IsFolded = !_rest.IsEmpty && SipGrammar.IsWhiteSpace((char)_rest[0]);
            return true;
        }
        return false;
    }
}
