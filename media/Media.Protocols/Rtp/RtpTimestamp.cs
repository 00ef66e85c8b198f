namespace Media.Protocols.Rtp;

/// <summary>A 32-bit RTP media timestamp in units of the payload's clock; comparisons wrap (RFC 3550 §5.1).</summary>
public readonly record struct RtpTimestamp(uint Value)
{
    /// <summary>The number of clock units by which this timestamp follows <paramref name="earlier"/>: negative when it is before.</summary>
    public int DistanceFrom(RtpTimestamp earlier) => (int)(Value - earlier.Value);

    public bool IsAfter(RtpTimestamp other) => DistanceFrom(other) > 0;

    public static RtpTimestamp operator +(RtpTimestamp timestamp, int units) => new(timestamp.Value + (uint)units);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
