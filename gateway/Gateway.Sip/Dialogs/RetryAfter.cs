using System.Globalization;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Dialogs;

/// <summary>The Retry-After header (RFC 3261 §20.33): seconds, perhaps with a comment and parameters behind.</summary>
internal static class RetryAfter
{
    public const string Name = "Retry-After";

    /// <returns>Null where there is none, or none that can be read.</returns>
    public static TimeSpan? Of(SipResponse response)
    {
        var text = (response.Headers[Name] ?? "").AsSpan().Trim();
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return uint.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
    }
}
