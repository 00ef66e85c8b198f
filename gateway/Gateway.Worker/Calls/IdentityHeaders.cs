using System.Globalization;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Calls;

/// <summary>The headers that announce to the PBX that a call is WhatsApp's and whose it is; README of Gateway.Sip lists them.</summary>
internal static class IdentityHeaders
{
    public static IReadOnlyList<(string Name, string Value)> Of(CallIdentity identity, InboundDetails? details, string businessNumber)
    {
        (string, string?)[] all =
        [
            ("X-WhatsApp-Call-Id", details?.WhatsAppId.Value),
            ("X-WhatsApp-Direction", identity.Direction == CallDirection.Inbound ? "inbound" : "outbound"),
            ("X-WhatsApp-Business-Number", "+" + businessNumber),
            ("X-WhatsApp-User-Phone", identity.User.Phone is { } phone ? "+" + phone : null),
            ("X-WhatsApp-User-Id", identity.User.UserId),
            ("X-WhatsApp-Parent-User-Id", identity.User.ParentUserId),
            ("X-WhatsApp-User-Name", Escape(Clean(identity.User.Name))),
            ("X-WhatsApp-Username", Escape(Clean(identity.User.UserName))),
            ("X-WhatsApp-Cta-Payload", Escape(details?.CtaPayload)),
            ("X-WhatsApp-Deeplink-Payload", Escape(details?.DeeplinkPayload)),
        ];
        return [.. all.Where(h => h.Item2 is not null).Select(h => (h.Item1, h.Item2!))];
    }

    /// <summary>A name without what turns the text around it or is not seen (Unicode TR 36 §2: bidirectional and other format controls): it
    /// is read beside numbers on desk phones. The joiners that scripts and emoji are written with stay. Null where nothing is
    /// left.</summary>
    public static string? Clean(string? name)
    {
        if (name is null)
            return null;
        var kept = string.Concat(name.Where(
            c => c is '\u200c' or '\u200d' || char.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.Control
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))).Trim();
        return kept.Length == 0 ? null : kept;
    }

    /// <summary>Free text of users is percent-encoded UTF-8: any PBX can route on it, none can be confused by it.</summary>
    private static string? Escape(string? text) => text is null ? null : Uri.EscapeDataString(text);
}
