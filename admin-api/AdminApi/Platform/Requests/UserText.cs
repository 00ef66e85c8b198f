using Gateway.Calls;

namespace AdminApi.Platform;

/// <summary>A WhatsApp user in a body or a query: a telephone number in any usual spelling, or a business-scoped id.</summary>
internal static class UserText
{
    public const string Rule = "Must be a telephone number with country code, or a business-scoped user id such as US.1349.";

    private const int MaxUserId = 128;

    /// <summary>True with a user who has a number of digits only, or an id; otherwise the reason is a sentence.</summary>
    public static bool TryRead(string text, out WhatsAppUser user, out string reason)
    {
        var isId = text.Length is > 3 and <= MaxUserId && char.IsAsciiLetter(text[0]) && text.Contains('.', StringComparison.Ordinal)
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
        if (isId)
        {
            (user, reason) = (new WhatsAppUser(null, text), "");
            return true;
        }
        var isPhone = PhoneText.TryRead(text, out var digits, out reason);
        user = new WhatsAppUser(isPhone ? digits : null);
        if (!isPhone)
            reason = $"{Rule} {reason}";
        return isPhone;
    }

    /// <summary>Reads the user of a filter, where given; adds its error to <paramref name="check"/>.</summary>
    public static WhatsAppUser? Checked(string? text, string field, Check check)
    {
        if (text is null)
            return null;
        var isUser = TryRead(text, out var user, out var reason);
        check.That(isUser, field, reason);
        return user;
    }
}
