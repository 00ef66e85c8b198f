namespace Media.Protocols.Srtp;

/// <summary>
/// The latest 128 packet indices, seen or not (RFC 3711 §3.3.2). Checking and remembering are two steps, so that a packet is
/// remembered only once it is authentic. The default value has seen nothing.
/// </summary>
internal struct ReplayWindow
{
    private const int Size = 128;

    private UInt128 _seen; // bit n: index Highest − n

    public ulong Highest { get; private set; }

    /// <summary>Has seen everything up to this index.</summary>
    public static ReplayWindow Until(ulong highest) => new() { _seen = UInt128.MaxValue, Highest = highest };

    public readonly bool IsEmpty => _seen == 0;

    /// <summary>True for an index that is new and not older than the window.</summary>
    public readonly bool IsFresh(ulong index)
    {
        if (IsEmpty || index > Highest)
            return true;
        var age = Highest - index;
        return age < Size && (_seen >> (int)age & 1) == 0;
    }

    /// <summary>Remembers a fresh index.</summary>
    public void Commit(ulong index)
    {
        if (IsEmpty)
        {
            Highest = index;
            _seen = 1;
            return;
        }
        if (index <= Highest)
        {
            _seen |= UInt128.One << (int)(Highest - index);
            return;
        }
        var steps = index - Highest;
        _seen = (steps < Size ? _seen << (int)steps : 0) | 1;
        Highest = index;
    }
}
