using System.Globalization;

namespace Media.Protocols.Sdp;

/// <summary>
/// The parameters that a receiver of Opus requests in <c>a=fmtp</c> (RFC 7587 §6.1); absent values are the RFC's defaults.
/// </summary>
/// <param name="MaxPlaybackRate">Hz; nothing above half of it is heard.</param>
/// <param name="MaxAverageBitrate">bit/s; 0 = not limited.</param>
/// <param name="UseInbandFec">The receiver can use forward error correction.</param>
/// <param name="UseDtx">The receiver prefers that silence is not sent.</param>
public readonly record struct OpusFormat(int MaxPlaybackRate, int MaxAverageBitrate, bool UseInbandFec, bool UseDtx)
{
    public static readonly OpusFormat Default = new(48000, 0, false, false);

    /// <summary>
    /// The parameters that we request on either leg: WhatsApp's own values, since such a call carries 16 kHz speech at most.
    /// </summary>
    internal const string Ours = "maxplaybackrate=16000;sprop-maxcapturerate=16000;maxaveragebitrate=20000;useinbandfec=1";

    /// <summary>Reads <c>name=value;…</c>; unknown and malformed parameters are skipped.</summary>
    public static OpusFormat Parse(string? parameters)
    {
        var format = Default;
        foreach (var parameter in (parameters ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = parameter.IndexOf('=');
            if (equals < 0 || !int.TryParse(parameter.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                continue;
            format = parameter[..equals].Trim().ToLowerInvariant() switch
            {
                "maxplaybackrate" when value is >= 8000 and <= 48000 => format with { MaxPlaybackRate = value },
                "maxaveragebitrate" when value is >= 6000 and <= 510000 => format with { MaxAverageBitrate = value },
                "useinbandfec" => format with { UseInbandFec = value == 1 },
                "usedtx" => format with { UseDtx = value == 1 },
                _ => format,
            };
        }
        return format;
    }
}
