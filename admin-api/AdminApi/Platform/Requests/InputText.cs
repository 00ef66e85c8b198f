using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;

namespace AdminApi.Platform;

/// <summary>
/// Refuses, before any operation, what none of them can accept: an address that is too long; U+0000 or half a surrogate pair in a path, a
/// query or a JSON body (PostgreSQL's text holds neither); JSON that is invalid, too deep or has null in a list.
/// </summary>
public sealed class InputText(RequestDelegate next)
{
    /// <summary>The limit of path and query. Between this and the server's own limit, the answer explains the error.</summary>
    private const int MaxAddress = 8 * 1024;

    /// <summary>Beyond it the server itself answers 414, without a body.</summary>
    public const int MaxRequestLine = 256 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        if (await FaultAsync(context) is { } problem)
            await problem.ExecuteAsync(context);
        else
            await next(context);
    }

    private static async Task<ProblemResult?> FaultAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path.Value?.Length + request.QueryString.Value?.Length > MaxAddress)
            return Problems.UriTooLong.Of($"Path and query together must have at most {MaxAddress} characters.");
        foreach (var (name, values) in request.Query)
            if (!StorableText.IsStorable(name) || values.Any(value => value is not null && !StorableText.IsStorable(value)))
                return Fault(name, StorableText.Rule);
        foreach (var (name, value) in request.RouteValues)
            if (value is string text && !StorableText.IsStorable(text))
                return Fault(name, StorableText.Rule);
        if (!request.HasJsonContentType() || context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is null)
            return null;
        if (request.GetTypedHeaders().ContentType?.Charset is { HasValue: true } charset
            && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            return Problems.UnsupportedMediaType.Of("JSON must be UTF-8.");
        request.EnableBuffering();
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        request.Body.Position = 0;
        return JsonBody.FaultOf(body.GetBuffer().AsSpan(0, (int)body.Length)) is { } fault ? Fault(fault.Field, fault.Message) : null;
    }

    private static ProblemResult Fault(string field, string message) =>
        Problems.InvalidRequest.Of($"{field}: {message}", [new FieldError(field, message)]);
}
