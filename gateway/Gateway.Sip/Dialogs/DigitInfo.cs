using System.Globalization;
using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// Key presses in INFO bodies, in the two forms that PBXs use (no RFC: Cisco's and the older "application/dtmf"):
/// <c>Signal=5\r\nDuration=160</c> and the bare key.
/// </summary>
internal static class DigitInfo
{
    private static readonly TimeSpan DefaultDuration = TimeSpan.FromMilliseconds(160);
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(10);

    public static bool TryRead(SipMessage message, out char digit, out TimeSpan duration)
    {
        digit = default;
        duration = DefaultDuration;
        if (message.ContentType is not { } type || message.Body.Length is 0 or > 256)
            return false;
        var text = Encoding.Latin1.GetString(message.Body.Span);
        if (MediaType.Is(type, MediaType.Dtmf) && !text.Contains('='))
            return TryReadKey(text.Trim(), out digit);
        if (!MediaType.Is(type, MediaType.DtmfRelay) && !MediaType.Is(type, MediaType.Dtmf))
            return false;
        foreach (var line in text.Split('\n'))
        {
            var pair = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length == 2 && pair[0].Equals("Signal", StringComparison.OrdinalIgnoreCase) && !TryReadKey(pair[1], out digit))
                return false;
            if (pair.Length == 2 && pair[0].Equals("Duration", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0)
                duration = TimeSpan.FromMilliseconds(Math.Min(milliseconds, MaxDuration.TotalMilliseconds));
        }
        return digit != default;
    }

    public static void Write(SipMessage message, DtmfInfoBody form, char digit, TimeSpan duration)
    {
        if (form == DtmfInfoBody.Dtmf)
            message.SetBody(Encoding.ASCII.GetBytes($"{digit}"), MediaType.Dtmf);
        else
            message.SetBody(Encoding.ASCII.GetBytes($"Signal={digit}\r\nDuration={(int)duration.TotalMilliseconds}\r\n"), MediaType.DtmfRelay);
    }

    /// <summary>The key itself, or the event number 10…15 that some peers send for * # A B C D.</summary>
    private static bool TryReadKey(string text, out char digit)
    {
        digit = text.Length == 1 ? char.ToUpperInvariant(text[0]) : text switch
        {
            "10" => '*', "11" => '#', "12" => 'A', "13" => 'B', "14" => 'C', "15" => 'D', _ => default,
        };
        return digit is (>= '0' and <= '9') or '*' or '#' or (>= 'A' and <= 'D');
    }
}
