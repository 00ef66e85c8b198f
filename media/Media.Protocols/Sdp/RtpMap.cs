using System.Globalization;

namespace Media.Protocols.Sdp;

/// <summary>
/// <c>a=rtpmap:111 opus/48000/2</c> (RFC 8866 §6.6): the meaning of a payload type. A clock rate that is left out is 8000 Hz.
/// </summary>
public readonly record struct RtpMap(byte PayloadType, string Encoding, int ClockRate, int Channels)
{
    /// <summary>Payload types have 7 bits (RFC 3550 §5.1).</summary>
    public const byte MaxPayloadType = 127;

    private const int DefaultClockRate = 8000;

    public static bool TryParse(string? value, out RtpMap map)
    {
        map = default;
        var blank = value?.IndexOfAny([' ', '\t']) ?? -1;
        if (blank < 1 || !TryParsePayloadType(value.AsSpan(0, blank), out var payloadType))
            return false;
        var fields = value![(blank + 1)..].Split('/', StringSplitOptions.TrimEntries);
        var (clockRate, channels) = (DefaultClockRate, 1);
        if (fields.Length > 3 || fields[0].Length == 0
            || (fields.Length > 1 && (!int.TryParse(fields[1], NumberStyles.None, null, out clockRate) || clockRate == 0))
            || (fields.Length == 3 && !int.TryParse(fields[2], NumberStyles.None, null, out channels)))
            return false;
        map = new RtpMap(payloadType, fields[0], clockRate, channels);
        return true;
    }

    /// <summary>The meaning of a payload type without an <c>a=rtpmap</c> (RFC 3551 §6); only the codecs we support.</summary>
    public static RtpMap? Static(byte payloadType) => payloadType switch
    {
        0 => Of(AudioCodec.Pcmu, 0),
        8 => Of(AudioCodec.Pcma, 8),
        9 => Of(AudioCodec.G722, 9),
        _ => null,
    };

    internal static RtpMap Of(AudioCodec codec, byte payloadType) => codec switch
    {
        AudioCodec.Pcmu => new RtpMap(payloadType, "PCMU", 8000, 1),
        AudioCodec.Pcma => new RtpMap(payloadType, "PCMA", 8000, 1),
        AudioCodec.G722 => new RtpMap(payloadType, "G722", 8000, 1),
        _ => new RtpMap(payloadType, "opus", 48000, 2),
    };

    internal static bool TryParsePayloadType(ReadOnlySpan<char> text, out byte payloadType) =>
        byte.TryParse(text, NumberStyles.None, null, out payloadType) && payloadType <= MaxPayloadType;

    public bool IsTelephoneEvent => Encoding.Equals("telephone-event", StringComparison.OrdinalIgnoreCase);

    /// <summary>The codec behind this mapping; null for one that no leg supports.</summary>
    public AudioCodec? Codec => this switch
    {
        // RFC 7587 §7 says "/2"; a peer that omits it means the same.
        { ClockRate: 48000, Channels: 1 or 2 } when Named("opus") => AudioCodec.Opus,
        { ClockRate: 8000, Channels: 1 } when Named("PCMU") => AudioCodec.Pcmu,
        { ClockRate: 8000, Channels: 1 } when Named("PCMA") => AudioCodec.Pcma,
        // peers that correct the historical error write 16000
        { ClockRate: 8000 or 16000, Channels: 1 } when Named("G722") => AudioCodec.G722,
        _ => null,
    };

    public override string ToString() => $"{PayloadType} {Encoding}/{ClockRate}{(Channels == 1 ? "" : $"/{Channels}")}";

    private bool Named(string name) => Encoding.Equals(name, StringComparison.OrdinalIgnoreCase);
}
