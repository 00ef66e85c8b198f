using Gateway.Calls;

namespace Gateway.WhatsApp.Meta;

/// <summary>Makes and compares <see cref="WhatsAppUser"/>s from untrusted text: phone digits, business-scoped user ids, or both.</summary>
public static class UserHandle
{
    /// <summary>Longest business-scoped user id accepted, in characters; the documented ones have under 40.</summary>
    public const int MaxUserIdLength = 128;

    /// <summary>Makes a user from a phone number and a user id; unusable parts become null.</summary>
    public static WhatsAppUser From(string? phone, string? userId) => new(
        WaId.TryNormalise(phone, out var digits) ? digits : null,
        IsUserId(userId) ? userId : null);

    /// <summary>Parses what an operator or a PBX dials: "+1 555 000 0001", "15550000001", or a user id such as "US.1349".</summary>
    public static bool TryParse(string? text, out WhatsAppUser user)
    {
        user = From(text, text is not null && text.Contains('.', StringComparison.Ordinal) && char.IsAsciiLetter(text[0]) ? text : null);
        return IsKnown(user);
    }

    /// <summary>True when there is an identifier that Graph accepts.</summary>
    public static bool IsKnown(WhatsAppUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.Phone is not null || user.UserId is not null;
    }

    /// <summary>True when both have an identifier of the same person, whichever spelling of the number each uses.</summary>
    public static bool IsSame(WhatsAppUser left, WhatsAppUser right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return (left.UserId is not null && string.Equals(left.UserId, right.UserId, StringComparison.Ordinal))
            || WaId.SameNumber(left.Phone, right.Phone);
    }

    private static bool IsUserId(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxUserIdLength)
            return false;
        foreach (var c in text)
            if (!(char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
                return false;
        return true;
    }
}
