using System.Diagnostics;

namespace AdminApi.Platform;

/// <summary>Logs one line per request, without bodies, queries, keys or path
/// parameters; and sets the headers that every answer has.</summary>
public sealed partial class RequestLog(RequestDelegate next, ILogger<RequestLog> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Request-Id"] = context.TraceIdentifier;
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";

        var began = Stopwatch.GetTimestamp();
        await next(context);
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no such path)";
        Answered(
            log, context.TraceIdentifier, context.Request.Method, route, context.Response.StatusCode,
            Stopwatch.GetElapsedTime(began).TotalMilliseconds,
            context.Features.Get<Caller>()?.Actor ?? "(nobody)");
    }

    [LoggerMessage(LogLevel.Information, "{Method} {Route}: {Status} in {Milliseconds:0.0} ms for {Actor}, request {RequestId}")]
    private static partial void Answered(
        ILogger log, string requestId, string method, string route, int status, double milliseconds, string actor);
}
