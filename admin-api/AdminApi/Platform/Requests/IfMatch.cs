using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace AdminApi.Platform;

/// <summary>A view with a version: answers that carry it get the header `ETag: "VERSION"`.</summary>
public interface IVersioned
{
    long Version { get; }
}

/// <summary>
/// The version that a change was made from, out of `If-Match: "VERSION"`. Only for handlers of endpoints `.WithIfMatch()`, where it is always
/// present; the store compares it and the handler answers <see cref="Problems.StaleVersion"/> when it is not the newest.
/// </summary>
public readonly record struct IfMatch(long Version)
{
    public static ValueTask<IfMatch> BindAsync(HttpContext context) =>
        ValueTask.FromResult(TryRead(context.Request, out var version) ? new IfMatch(version) : default);

    /// <summary>The answer to a version that is not the newest.</summary>
    public ProblemResult Stale() => Problems.StaleVersion.Of($"It is no longer at version {Version}. Read it again.");

    internal static ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        if (request.Headers.IfMatch.Count == 0)
            return ValueTask.FromResult<object?>(Problems.PreconditionRequired.Of("Send the ETag that you read as If-Match."));
        return TryRead(request, out _)
            ? next(context)
            : ValueTask.FromResult<object?>(Problems.InvalidRequest.Of(
                "If-Match: one ETag as it was read, such as \"3\".", [new FieldError("If-Match", "Not an ETag of ours.")]));
    }

    private static bool TryRead(HttpRequest request, out long version)
    {
        version = 0;
        return request.Headers.IfMatch is [{ Length: > 2 } tag]
            && tag[0] == '"' && tag[^1] == '"'
            && long.TryParse(tag.AsSpan(1, tag.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}

/// <summary>Gives versioned answers their ETag.</summary>
internal static class ETags
{
    public static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        var inner = result is INestedHttpResult nested ? nested.Result : result;
        if (inner is IValueHttpResult { Value: IVersioned versioned })
            context.HttpContext.Response.Headers[HeaderNames.ETag] = $"\"{versioned.Version}\"";
        return result;
    }
}
