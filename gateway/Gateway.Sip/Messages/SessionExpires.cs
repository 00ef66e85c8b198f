namespace Gateway.Sip.Messages;

/// <summary>The side that refreshes a session (RFC 4028 §4); roles are those of the transaction that carries the header.</summary>
public enum SessionRefresher
{
    Unspecified,
    Uac,
    Uas,
}

/// <summary>The Session-Expires header (RFC 4028 §4). <paramref name="Seconds"/> counts from the response.</summary>
public readonly record struct SessionExpires(uint Seconds, SessionRefresher Refresher = SessionRefresher.Unspecified)
{
    public const string Name = "Session-Expires";

    public static bool TryParse(string? text, out SessionExpires value)
    {
        value = default;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var digits) || !SipGrammar.TryParseNumber(digits, uint.MaxValue, out var seconds))
            return false;
        if (!SipParameters.TryParse(ref scanner, out var parameters))
            return false;
        var refresher = parameters["refresher"]?.ToUpperInvariant() switch
        {
            "UAC" => SessionRefresher.Uac,
            "UAS" => SessionRefresher.Uas,
            _ => SessionRefresher.Unspecified,
        };
        value = new SessionExpires(seconds, refresher);
        return true;
    }

    public override string ToString() => Refresher switch
    {
        SessionRefresher.Uac => $"{Seconds};refresher=uac",
        SessionRefresher.Uas => $"{Seconds};refresher=uas",
        _ => $"{Seconds}",
    };
}
