using System.Text;
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

    /// <summary>Digits before those, of a country code and a prefix: more make another number.</summary>
    private const int MostDigitsBefore = 12;

    /// <summary>A plus sign as addresses carry it.</summary>
    private const string EscapedPlus = "%2B";

    private readonly string? _digits;
    private readonly List<(string Id, string By)> _ids = [];

    /// <param name="user">Whose call it is.</param>
    public TraceRedaction(WhatsAppUser user)
    {
        if (user.Phone is { Length: > 0 } phone)
            _digits = phone[^Math.Min(phone.Length, KnownDigits)..];
        foreach (var id in new[] { user.ParentUserId, user.UserId })
            if (!string.IsNullOrEmpty(id))
                _ids.Add((id, user.Phone is null && id == user.UserId ? UserMark : Hidden));
    }

    /// <summary>The text without secrets and without the user.</summary>
    public string Of(string text)
    {
        const string hide = "$1" + Hidden;
        var plain = Payloads().Replace(Keys().Replace(Credentials().Replace(text, hide), hide), hide);
        plain = DisplayNames().Replace(plain, "$1<");
        if (_digits is not null)
            plain = WithoutNumber(plain, _digits);
        foreach (var (id, by) in _ids)
            plain = plain.Replace(id, by, StringComparison.Ordinal);
        return plain;
    }

    /// <summary>A kept text as its reader sees it.</summary>
    /// <param name="text">What <see cref="Of"/> made.</param>
    /// <param name="user">The user's number or id, whole or shortened.</param>
    public static string Show(string text, string user) => text.Replace(UserMark, user, StringComparison.Ordinal);

    /// <summary>
    /// Marks each number that ends with these digits, its plus sign included. By hand, since every text of every traced call comes here: an
    /// expression would have to be made anew for each user.
    /// </summary>
    private static string WithoutNumber(string text, string digits)
    {
        StringBuilder? marked = null;
        var (kept, next) = (0, 0);
        while (text.IndexOf(digits, next, StringComparison.Ordinal) is >= 0 and var at)
        {
            var (start, end) = (at, at + digits.Length);
            next = at + 1;
            while (start > 0 && char.IsDigit(text[start - 1]))
                start--;
            if (at - start > MostDigitsBefore || (end < text.Length && char.IsDigit(text[end])))
                continue;
            marked ??= new StringBuilder(text.Length);
            marked.Append(text, kept, start - PlusBefore(text, start) - kept).Append(UserMark);
            kept = next = end;
        }
        return marked is null ? text : marked.Append(text, kept, text.Length - kept).ToString();
    }

    /// <summary>The length of a plus sign before a number; 0: there is none, or it stands between two.</summary>
    private static int PlusBefore(string text, int number)
    {
        var before = text.AsSpan(0, number);
        var length = before is [.., '+'] ? 1 : before.EndsWith(EscapedPlus, StringComparison.Ordinal) ? EscapedPlus.Length : 0;
        return length < number && char.IsDigit(text[number - length - 1]) ? 0 : length;
    }

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
