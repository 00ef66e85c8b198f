using System.Globalization;
using Gateway.Calls;

namespace Gateway.Worker.Legs;

/// <summary>What tells a PBX why its INVITE was refused; README of Gateway.Sip lists the headers.</summary>
internal static class RefusalHeaders
{
    public static IReadOnlyList<(string Name, string Value)> Of(PbxRefusal refusal)
    {
        (string, string?)[] all =
        [
            ("Retry-After", refusal.RetryAfter is { } wait ? ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture) : null),
            ("X-WhatsApp-Refusal", refusal.Cause is { } cause ? WireName.Of(cause) : null),
            ("X-WhatsApp-Permission", refusal.Permission is { } permission ? WireName.Of(permission) : null),
        ];
        return [.. all.Where(h => h.Item2 is not null).Select(h => (h.Item1, h.Item2!))];
    }
}
