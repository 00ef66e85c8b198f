namespace Media.Protocols.Primitives;

/// <summary>A 16-bit RTP sequence number; comparisons wrap (RFC 3550 appendix A.1, RFC 1982 §3.2).</summary>
public readonly record struct SequenceNumber(ushort Value)
{
    /// <summary>The number of steps by which this number follows <paramref name="earlier"/>: −32768 … 32767.</summary>
    public int DistanceFrom(SequenceNumber earlier) => (short)(Value - earlier.Value);

    public bool IsAfter(SequenceNumber other) => DistanceFrom(other) > 0;

    public SequenceNumber Next => new((ushort)(Value + 1));

    public static SequenceNumber operator +(SequenceNumber number, int steps) => new((ushort)(number.Value + steps));

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
