namespace Gateway.Sip.Messages;

/// <summary>The Reason header (RFC 3326; Q.850 causes in responses: RFC 6432).</summary>
public static class ReasonHeader
{
    public const string Name = "Reason";

    /// <summary>
    /// False without a protocol or a numeric cause. "Q.850" and "SIP" come in their usual spelling however they were written; a text may
    /// lack its quotes, or one of them.
    /// </summary>
    public static bool TryParse(string text, out SipReason reason)
    {
        reason = default;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var protocol))
            return false;
        uint? cause = null;
        string? words = null;
        while (scanner.TryTakeSeparator(';'))
        {
            if (!scanner.TryTakeToken(out var name) || !scanner.TryTakeSeparator('='))
                continue;
            var value = scanner.TryTakeQuoted(out var quoted)
                ? SipGrammar.Unquote(quoted.ToString())
                : scanner.TakeUntil(";").Trim(" \t\"").ToString();
            if (name.Equals("cause", StringComparison.OrdinalIgnoreCase) && cause is null
                && SipGrammar.TryParseNumber(value, 999, out var number))
                cause = number;
            else if (name.Equals("text", StringComparison.OrdinalIgnoreCase))
                words ??= value;
        }
        if (cause is not { } known)
            return false;
        reason = new SipReason(NameOf(protocol), (int)known, words);
        return true;
    }

    private static string NameOf(ReadOnlySpan<char> protocol)
    {
        if (protocol.Equals("Q.850", StringComparison.OrdinalIgnoreCase) || protocol.Equals("Q850", StringComparison.OrdinalIgnoreCase))
            return "Q.850";
        return protocol.Equals("SIP", StringComparison.OrdinalIgnoreCase) ? "SIP" : protocol.ToString();
    }

    public static string Format(SipReason reason)
    {
        var cause = $"{(SipGrammar.IsToken(reason.Protocol) ? reason.Protocol : "SIP")};cause={reason.Cause}";
        return reason.Text is null ? cause : $"{cause};text={SipGrammar.Quote(reason.Text)}";
    }

    /// <summary>All readable reasons in order; a message may carry one for each protocol.</summary>
    public static IReadOnlyList<SipReason> Read(SipMessage message)
    {
        List<SipReason> reasons = [];
        foreach (var text in message.Headers.All(Name))
        {
            if (TryParse(text, out var reason))
                reasons.Add(reason);
        }
        return reasons;
    }

    /// <summary>The reason of the preferred protocol, else the first one; null without any.</summary>
    public static SipReason? Read(SipMessage message, string preferredProtocol)
    {
        var reasons = Read(message);
        foreach (var reason in reasons)
        {
            if (reason.Protocol.Equals(preferredProtocol, StringComparison.OrdinalIgnoreCase))
                return reason;
        }
        return reasons.Count > 0 ? reasons[0] : null;
    }
}
