namespace Gateway.Sip.Messages;

/// <summary>The Reason header (RFC 3326; Q.850 causes in responses: RFC 6432).</summary>
public static class ReasonHeader
{
    public const string Name = "Reason";

    /// <summary>False without a protocol or a numeric cause.</summary>
    public static bool TryParse(string text, out SipReason reason)
    {
        reason = default;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var protocol) || !SipParameters.TryParse(ref scanner, out var parameters))
            return false;
        if (!SipGrammar.TryParseNumber(parameters["cause"], 999, out var cause))
            return false;
        reason = new SipReason(protocol.ToString(), (int)cause, parameters["text"]);
        return true;
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
