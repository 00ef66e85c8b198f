namespace Media.Protocols.Srtp;

/// <summary>
/// The latest 128 packet indices, seen or not (RFC 3711 §3.3.2). Checking and remembering are two steps, so that a packet is
/// remembered only once it is authentic. The default value has seen nothing.
/// </summary>
internal struct ReplayWindow
{
    private const ulong Size = 128, Half = 64;

    private ulong _newer, _older; // bit n: index Highest − n, and Highest − 64 − n. No UInt128: see AddressBits

    public ulong Highest { get; private set; }

    /// <summary>Has seen everything up to this index.</summary>
    public static ReplayWindow Until(ulong highest) => new() { _newer = ulong.MaxValue, _older = ulong.MaxValue, Highest = highest };

    public readonly bool IsEmpty => (_newer | _older) == 0;

    /// <summary>True for an index that is new and not older than the window.</summary>
    public readonly bool IsFresh(ulong index)
    {
        if (IsEmpty || index > Highest)
            return true;
        var age = Highest - index;
        return age < Size && ((age < Half ? _newer >> (int)age : _older >> (int)(age - Half)) & 1) == 0;
    }

    /// <summary>Remembers a fresh index.</summary>
    public void Commit(ulong index)
    {
        if (IsEmpty)
        {
            Highest = index;
            _newer = 1;
            return;
        }
        if (index <= Highest)
        {
            Mark(Highest - index);
            return;
        }
        Shift(index - Highest);
        _newer |= 1;
        Highest = index;
    }

    private void Mark(ulong age)
    {
        if (age < Half)
            _newer |= 1UL << (int)age;
        else
            _older |= 1UL << (int)(age - Half);
    }

    /// <param name="steps">At least one.</param>
    private void Shift(ulong steps) => (_newer, _older) = steps switch
    {
        >= Size => (0UL, 0UL),
        >= Half => (0UL, _newer << (int)(steps - Half)),
        _ => (_newer << (int)steps, _older << (int)steps | _newer >> (int)(Half - steps)),
    };
}
