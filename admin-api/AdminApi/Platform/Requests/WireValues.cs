using System.Diagnostics.CodeAnalysis;
using Media.Protocols.Primitives;

namespace AdminApi.Platform;

/// <summary>Members of a closed set in a query, separated by commas: `cause=no_answer,declined`. Anything else is answered 400
/// automatically.</summary>
public readonly record struct WireValues<T>(IReadOnlyList<T> Values) where T : struct, Enum
{
#pragma warning disable CA1000 // minimal APIs bind a type by this very member
    public static bool TryParse([NotNullWhen(true)] string? text, out WireValues<T> values)
#pragma warning restore CA1000
    {
        List<T> members = [];
        var areMembers = text is not null;
        foreach (var word in (text ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            areMembers &= WireName.TryParse<T>(word, out var member);
            members.Add(member);
        }
        values = new WireValues<T>([.. members.Distinct()]);
        return areMembers;
    }
}
