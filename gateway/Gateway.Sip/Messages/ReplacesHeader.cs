using System.Diagnostics.CodeAnalysis;

namespace Gateway.Sip.Messages;

/// <summary>
/// The Replaces header: the dialog that a new INVITE takes over (RFC 3891 §6.1). To and from are as the receiver of the INVITE sees them:
/// its own tag of that dialog is <paramref name="ToTag"/>.
/// </summary>
public sealed record ReplacesHeader(string CallId, string ToTag, string FromTag, bool EarlyOnly = false)
{
    public const string Name = "Replaces";

    public static bool TryParse(string? text, [NotNullWhen(true)] out ReplacesHeader? replaces)
    {
        replaces = null;
        if (text is null)
            return false;
        var scanner = new SipScanner(text);
        var callId = scanner.TakeUntil(";").Trim(" \t");
        if (!SipGrammar.IsCallId(callId) || !SipParameters.TryParse(ref scanner, out var parameters))
            return false;
        if (parameters["to-tag"] is not { } toTag || parameters["from-tag"] is not { } fromTag)
            return false;
        replaces = new ReplacesHeader(callId.ToString(), toTag, fromTag, parameters.Has("early-only"));
        return true;
    }

    /// <summary>The Replaces that an attended transfer embeds in its Refer-To URI (RFC 5589 §7).</summary>
    public static bool TryReadFrom(SipUri referTo, [NotNullWhen(true)] out ReplacesHeader? replaces)
    {
        foreach (var (name, value) in referTo.Headers)
        {
            if (name.Equals(Name, StringComparison.OrdinalIgnoreCase))
                return TryParse(value, out replaces);
        }
        replaces = null;
        return false;
    }

    public override string ToString() => $"{CallId};to-tag={ToTag};from-tag={FromTag}" + (EarlyOnly ? ";early-only" : "");
}
