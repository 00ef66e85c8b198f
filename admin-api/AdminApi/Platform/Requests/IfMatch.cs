using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Net.Http.Headers;

namespace AdminApi.Platform;

/// <summary>A view with a version: answers with it get the header `ETag: "VERSION"`.</summary>
public interface IVersioned
{
    long Version { get; }
}

/// <summary>
/// The version that a change starts from, read from `If-Match: "VERSION"`. Only for handlers of endpoints `.WithIfMatch()`, where it is
/// always present; the store compares it and the handler answers <see cref="Problems.StaleVersion"/> when it is not the newest.
/// </summary>
public readonly partial record struct IfMatch(long Version)
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
                "If-Match: must be one ETag as it was read, such as \"3\".", [new FieldError("If-Match", "Must be an ETag of this API.")]));
    }

    private static bool TryRead(HttpRequest request, out long version)
    {
        version = 0;
        return request.Headers.IfMatch is [{ } tag] && Tag().Match(tag) is { Success: true } match
            && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }

    /// <summary>
    /// Our ETags, and those that proxies make of them when they compress an answer: nginx weakens them (W/"3"), Apache and Jetty add the
    /// coding ("3-gzip", "3--gzip"). RFC 9110 §13.1.1 requires a strong comparison, since a weak tag may stand for other bytes; ours is the
    /// version, which no coding changes.
    /// </summary>
    [GeneratedRegex("""^(?:W/)?"([0-9]{1,19})(?:(?:--?|[;:])(?:gzip|br|zstd|deflate))?"\z""")]
    private static partial Regex Tag();
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
