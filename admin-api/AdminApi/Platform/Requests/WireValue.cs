using System.Diagnostics.CodeAnalysis;
using Gateway.Calls;
using Media.Protocols.Primitives;

namespace AdminApi.Platform;

/// <summary>A member of a closed set in a query: `cause=no_answer`. Anything else is answered 400 automatically.</summary>
public readonly record struct WireValue<T>(T Value) where T : struct, Enum
{
#pragma warning disable CA1000 // minimal APIs bind a type by this very member
    public static bool TryParse([NotNullWhen(true)] string? text, out WireValue<T> value)
#pragma warning restore CA1000
    {
        var isMember = WireName.TryParse<T>(text, out var member);
        value = new WireValue<T>(member);
        return isMember;
    }
}
