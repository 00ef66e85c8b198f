namespace Media.Protocols.Dtmf;

/// <summary>The keys of a telephone and their event codes (RFC 4733 §3.2, table 3).</summary>
public static class TelephoneDigit
{
    /// <summary>Hook flash (code 16), written the way SIP INFO writes it.</summary>
    public const char Flash = '!';

    private const string ByCode = "0123456789*#ABCD!";

    /// <summary>False when <paramref name="digit"/> is none of "0123456789*#ABCD!"; a to d count as A to D.</summary>
    public static bool TryGetCode(char digit, out byte code)
    {
        var index = ByCode.IndexOf(char.ToUpperInvariant(digit), StringComparison.Ordinal);
        code = (byte)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>False for an event that is no key.</summary>
    public static bool TryGetDigit(byte code, out char digit)
    {
        var isKey = code < ByCode.Length;
        digit = isKey ? ByCode[code] : default;
        return isKey;
    }
}
