using System.Globalization;
using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// Key presses in INFO bodies, in the forms that PBXs use (no RFC): <c>Signal=5</c> and <c>Duration=160</c> by lines or in one, <c>d=5</c>,
/// the bare key, and the four bytes of an RTP telephone-event (RFC 4733 §2.3). A flash of the hook is understood, and no key.
/// </summary>
internal static class DigitInfo
{
    private const int MaxBodyBytes = 256;

    /// <summary>RTP clock of telephone-event.</summary>
    private const int ClockRate = 8000;

    /// <summary>Keys that one body may bring.</summary>
    private const int MaxDigits = 16;

    private const string Keys = "0123456789*#ABCD";

    /// <summary>The event number behind those of the keys (RFC 2833 §3.10).</summary>
    private const int FlashEvent = 16;

    /// <summary>Its digits are those that somebody dialled, several perhaps, and no event numbers.</summary>
    private const string CollectedDigits = "application/vnd.nortelnetworks.digits";

    private static readonly TimeSpan DefaultDuration = TimeSpan.FromMilliseconds(160);

    /// <summary>
    /// As long as anybody holds a key: some peers send units of a clock, and the next key would wait for the end of this one.
    /// </summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(1);

    private static readonly string[] Types =
        [MediaType.DtmfRelay, MediaType.Dtmf, CollectedDigits, "audio/telephone-event", "application/telephone-event"];

    /// <summary>A body without a readable type is tried as well. Without a digit, it is a flash.</summary>
    public static bool TryRead(SipMessage message, out string digits, out TimeSpan duration)
    {
        digits = "";
        duration = DefaultDuration;
        var body = message.Body;
        string? found = null;
        if (MediaType.IsReadable(message.ContentType))
        {
            found = Array.Find(Types, type => SipBody.TryFind(message, type, out body));
            if (found is null)
                return false;
        }
        if (body.Length is 0 or > MaxBodyBytes)
            return false;
        return IsTelephoneEvent(body.Span)
            ? TryReadEvent(body.Span, out digits, out duration)
            : TryReadText(Encoding.Latin1.GetString(body.Span), found == CollectedDigits, out digits, ref duration);
    }

    /// <summary>Answers the INFO of a call, and reports the keys in it.</summary>
    public static void Handle(SessionCore session, ServerTransaction transaction, Instant now)
    {
        if (TryRead(transaction.Request, out var digits, out var duration))
        {
            session.Respond(transaction, 200, now);
            foreach (var digit in digits)
                session.Emit(new SipCallEvent.DigitReceived(digit, duration));
        }
        else if (transaction.Request.Headers["Info-Package"] is { Length: > 0 })
            session.Respond(transaction, 469, now, ("Recv-Info", "")); // RFC 6086 §4.2.2: we have named none
        else if (SipBody.IsBlank(transaction.Request.Body))
            session.Respond(transaction, 200, now);
        else
            session.Respond(transaction, 415, now, ("Accept", $"{MediaType.DtmfRelay}, {MediaType.Dtmf}"));
    }

    public static void Write(SipMessage message, DtmfInfoBody form, char digit, TimeSpan duration)
    {
        if (form == DtmfInfoBody.Dtmf)
            message.SetBody(Encoding.ASCII.GetBytes($"{digit}"), MediaType.Dtmf);
        else
            message.SetBody(
                Encoding.ASCII.GetBytes($"Signal={digit}\r\nDuration={(int)duration.TotalMilliseconds}\r\n"), MediaType.DtmfRelay);
    }

    /// <summary>Event numbers of keys are below any printable character.</summary>
    private static bool IsTelephoneEvent(ReadOnlySpan<byte> body) =>
        body.Length == 4 && body[0] <= FlashEvent && body[0] is not ((byte)'\r' or (byte)'\n');

    private static bool TryReadEvent(ReadOnlySpan<byte> body, out string digits, out TimeSpan duration)
    {
        digits = body[0] == FlashEvent ? "" : $"{Keys[body[0]]}";
        var ticks = (body[2] << 8) | body[3];
        duration = ticks == 0 ? DefaultDuration : TimeSpan.FromSeconds(Math.Min((double)ticks / ClockRate, MaxDuration.TotalSeconds));
        return true;
    }

    /// <summary>Pairs of name and value, whatever stands between them; without any pair, the key.</summary>
    private static bool TryReadText(string text, bool areCollected, out string digits, ref TimeSpan duration)
    {
        digits = "";
        var scanner = new SipScanner(text);
        var (hasPairs, hasKey) = (false, false);
        while (!scanner.AtEnd)
        {
            scanner.Take(" \t\r\n;,");
            var name = scanner.TakeUntil(" \t\r\n;,=:");
            if (!scanner.TryTakeSeparator('=') && !scanner.TryTakeSeparator(':'))
                continue;
            hasPairs = true;
            var value = scanner.TakeUntil(" \t\r\n;,").ToString();
            if (IsKeyName(name) && !hasKey && !(hasKey = TryReadKeys(value, areCollected, out digits)))
                return false;
            if (name.Equals("Duration", StringComparison.OrdinalIgnoreCase)
                && ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0)
                duration = TimeSpan.FromMilliseconds(Math.Min(milliseconds, MaxDuration.TotalMilliseconds));
        }
        return hasPairs ? hasKey : TryReadKeys(text.Trim(), areCollected, out digits);
    }

    private static bool IsKeyName(ReadOnlySpan<char> name) =>
        name.Equals("Signal", StringComparison.OrdinalIgnoreCase) || name.Equals("d", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Digit", StringComparison.OrdinalIgnoreCase) || name.Equals("Digits", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The key itself, or the event number 10…15 that some peers send for * # A B C D, or those that were collected. None for a flash.
    /// </summary>
    private static bool TryReadKeys(string text, bool areCollected, out string digits)
    {
        digits = text.ToUpperInvariant();
        if (digits is "16" or "HF" or "FLASH" && !areCollected)
        {
            digits = "";
            return true;
        }
        if (digits is ['1', >= '0' and <= '5'] && !areCollected)
            digits = $"{Keys[10 + digits[1] - '0']}";
        return digits.Length > 0 && digits.Length <= (areCollected ? MaxDigits : 1) && digits.All(digit => Keys.Contains(digit));
    }
}
