using Media.Protocols.Primitives;

namespace Media.Protocols.Rtcp;

/// <summary>
/// Wall-clock time as RTCP carries it: seconds since 1900 in the upper 32 bits, fractions of 2^-32 s in the lower (RFC 3550 §4).
/// </summary>
public readonly record struct NtpTimestamp(ulong Value)
{
    private const long UnixEpochSeconds = 2_208_988_800;

    public static NtpTimestamp From(Instant instant)
    {
        var ticks = instant.ToDateTimeOffset().Ticks - DateTimeOffset.UnixEpoch.Ticks;
        var (seconds, rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        return new NtpTimestamp(((ulong)(seconds + UnixEpochSeconds) << 32) | ((ulong)rest << 32) / TimeSpan.TicksPerSecond);
    }

    /// <summary>The middle 32 bits, in units of 2^-16 s: the form in which reports refer to a sender report (RFC 3550 §6.4.1).</summary>
    public uint Middle => (uint)(Value >> 16);
}
