using System.Net.Sockets;
using Npgsql;
using StackExchange.Redis;

namespace AdminApi.Platform;

/// <summary>The request edge: every exception, and every error answered without a body, becomes a <see cref="Problem"/>.</summary>
public sealed partial class ErrorEdge(RequestDelegate next, ILogger<ErrorEdge> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception thrown) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await ProblemOf(thrown).ExecuteAsync(context);
            return;
        }
        if (!context.Response.HasStarted && context.Response.StatusCode >= 400 && context.Response.ContentType is null)
            await ProblemOf(context).ExecuteAsync(context);
    }

    private ProblemResult ProblemOf(Exception thrown)
    {
        switch (thrown)
        {
            case BadHttpRequestException bad:
                return RequestFaults.Of(bad);
            case NotSupportedException unknown when RequestFaults.IsKindless(unknown):
                return RequestFaults.Kindless();
            case var unavailable when IsStoreUnavailable(unavailable):
                StoreUnavailable(log, thrown.GetType().Name, thrown.Message);
                return Problems.Unavailable.Of("PostgreSQL, Redis or the issuer of tokens is unavailable. Retry later.");
            default:
                Defect(log, thrown);
                return Problems.InternalError.Of("Details are in the log under this request's id.");
        }
    }

    private static ProblemResult ProblemOf(HttpContext context) => context.Response.StatusCode switch
    {
        404 => Problems.NotFound.Of("There is no such path."),
        405 => Problems.MethodNotAllowed.Of($"Allowed: {context.Response.Headers.Allow}."),
        413 => Problems.TooLarge.Of("The body is larger than this operation accepts."),
        415 => Problems.UnsupportedMediaType.Of(
            "Send a media type that the OpenAPI document lists for this operation, usually application/json."),
        >= 500 => Problems.InternalError.Of("Details are in the log under this request's id."),
        var status => (Problems.InvalidRequest with { Status = status }).Of("The request could not be read."),
    };

    /// <summary>
    /// PostgreSQL: connection lost (class 08), out of connections, memory or disk (class 53), shutting down or starting (57P0x), read-only
    /// (25006: a demoted primary), a conflict with others (40001, 40P01, 55P03), ended by an administrator or a timeout of the server
    /// (57014), not migrated yet (42P01, 42703), timed out. Redis: no connection or answer.
    /// </summary>
    public static bool IsStoreUnavailable(Exception thrown) => thrown switch
    {
        PostgresException { SqlState: var state } =>
            state[..2] is "08" or "53" || state.StartsWith("57P0", StringComparison.Ordinal)
                || state is "25006" or "40001" or "40P01" or "55P03" or "57014" or "42P01" or "42703",
        NpgsqlException or RedisException or TimeoutException or SocketException => true,
        _ => thrown.InnerException is { } inner && IsStoreUnavailable(inner),
    };

    [LoggerMessage(LogLevel.Warning, "A store is unavailable: {Kind}: {Reason}")]
    private static partial void StoreUnavailable(ILogger log, string kind, string reason);

    [LoggerMessage(LogLevel.Error, "A request failed")]
    private static partial void Defect(ILogger log, Exception thrown);
}
