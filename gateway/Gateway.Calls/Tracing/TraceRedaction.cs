using System.Text.RegularExpressions;

namespace Gateway.Calls.Tracing;

/// <summary>
/// Takes secrets and the user out of a trace's texts before they are kept: keys, credentials and names for good, the user's number or id
/// by a mark that <see cref="Show"/> replaces by what its reader may see.
/// </summary>
public sealed partial class TraceRedaction
{
    /// <summary>Stands for the user's number, or for the user's id where there is no number.</summary>
    public const string UserMark = "{user}";

    /// <summary>Digits of the end of a number by which it is known in any spelling: with country code, without, with a prefix.</summary>
    private const int KnownDigits = 7;

    private const string Hidden = "***";

    private readonly List<(Regex Of, string By)> _rules = [];

    /// <param name="user">Whose call it is.</param>
    public TraceRedaction(WhatsAppUser user)
    {
        if (user.Phone is { Length: > 0 } phone)
            _rules.Add((new Regex($@"(?<!\d)(\+|%2B)?\d{{0,12}}{Regex.Escape(phone[^Math.Min(phone.Length, KnownDigits)..])}(?!\d)"),
                UserMark));
        foreach (var id in new[] { user.ParentUserId, user.UserId })
            if (!string.IsNullOrEmpty(id))
                _rules.Add((new Regex(Regex.Escape(id)), user.Phone is null && id == user.UserId ? UserMark : Hidden));
    }

    /// <summary>The text without secrets and without the user.</summary>
    public string Of(string text)
    {
        var plain = text;
        foreach (var secret in new[] { Credentials(), Keys(), Payloads() })
            plain = secret.Replace(plain, "$1" + Hidden);
        plain = DisplayNames().Replace(plain, "$1<");
        foreach (var (of, by) in _rules)
            plain = of.Replace(plain, by);
        return plain;
    }

    /// <summary>A kept text as its reader sees it.</summary>
    /// <param name="text">What <see cref="Of"/> made.</param>
    /// <param name="user">The user's number or id, whole or shortened.</param>
    public static string Show(string text, string user) => text.Replace(UserMark, user, StringComparison.Ordinal);

    /// <summary>RFC 3261 §20.7, 20.28: what answers a challenge.</summary>
    [GeneratedRegex(@"^((?:Proxy-)?Authorization:\s*)[^\r\n]*", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Credentials();

    /// <summary>Keys in SDP: RFC 8839 §5.4, RFC 4568 §9.1, RFC 8866 §5.12.</summary>
    [GeneratedRegex(@"^(a=ice-pwd:|a=crypto:\d+ \S+ inline:|k=)[^\r\n]*", RegexOptions.Multiline)]
    private static partial Regex Keys();

    /// <summary>Names of people in front of addresses (RFC 3261 §20.10).</summary>
    [GeneratedRegex(
        @"^((?:From|To|Contact|P-Asserted-Identity|Remote-Party-ID|P-Preferred-Identity|Referred-By|Refer-To):\s*)[^\s<][^<\r\n]*<",
        RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex DisplayNames();

    /// <summary>What buttons and links carried may be anything.</summary>
    [GeneratedRegex(@"^(X-WhatsApp-(?:Cta-Payload|Deeplink-Payload|User-Name|Username):\s*)[^\r\n]*",
        RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Payloads();
}
