using System.Diagnostics.CodeAnalysis;
using Gateway.Storage;

namespace AdminApi.Platform;

/// <summary>A time in a query, in the usual form (<see cref="TimeText"/>). Anything else is answered 400 automatically.</summary>
public readonly record struct QueryTime(DateTimeOffset Value)
{
    public static bool TryParse([NotNullWhen(true)] string? text, out QueryTime time)
    {
        var isTime = TimeText.TryRead(text, out var value);
        time = new QueryTime(value);
        return isTime;
    }
}
