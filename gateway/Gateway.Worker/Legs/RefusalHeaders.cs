using System.Globalization;
using Gateway.Calls;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Legs;

/// <summary>The headers that report to a PBX why its INVITE was refused; README of Gateway.Sip lists them.</summary>
internal static class RefusalHeaders
{
    public static IReadOnlyList<(string Name, string Value)> Of(PbxRefusal refusal)
    {
        (string, string?)[] all =
        [
            ("Retry-After", refusal.RetryAfter is { } wait ? ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture) : null),
            ("Warning", refusal.Warning is { } warning ? Of(warning) : null),
            ("X-WhatsApp-Refusal", refusal.Cause is { } cause ? WireName.Of(cause) : null),
            ("X-WhatsApp-Permission", refusal.Permission is { } permission ? WireName.Of(permission) : null),
        ];
        return [.. all.Where(h => h.Item2 is not null).Select(h => (h.Item1, h.Item2!))];
    }

    /// <summary>Of a refused renegotiation.</summary>
    public static IReadOnlyList<(string Name, string Value)> OfDescription(MediaWarning? warning) =>
        warning is null ? [] : [("Warning", Of(warning))];

    /// <summary>RFC 3261 §20.43; the agent is a pseudonym, since the header may cross networks.</summary>
    public static string Of(MediaWarning warning) =>
        string.Create(CultureInfo.InvariantCulture, $"{warning.Code} gateway \"{warning.Text}\"");
}
