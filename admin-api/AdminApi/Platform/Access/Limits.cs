using System.Threading.RateLimiting;

namespace AdminApi.Platform;

/// <summary>The limits of requests per key, and of wrong keys and log-ins by the issuer per address, in a minute.</summary>
public sealed class Limits(AdminApiOptions options) : IDisposable
{
    /// <summary>Guessing 256 bits is hopeless at any rate; this makes a caller with a wrong key notice.</summary>
    private const int WrongKeysPerMinute = 30;

    private readonly PartitionedRateLimiter<string> _callers = PerMinute(options.RequestsPerMinute);
    private readonly PartitionedRateLimiter<string> _wrongKeys = PerMinute(WrongKeysPerMinute);

    public RateLimitLease Count(Caller caller) => _callers.AttemptAcquire(caller.Actor);

    /// <summary>Counts a wrong key, or what may be as wrong, for the address of a request.</summary>
    public RateLimitLease CountWrongKey(HttpContext context) =>
        _wrongKeys.AttemptAcquire(context.Connection.RemoteIpAddress?.ToString() ?? "");

    /// <summary>The answer where a lease was not acquired, with Retry-After.</summary>
    public static ProblemResult Problem(HttpContext context, RateLimitLease lease)
    {
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var left) ? left : TimeSpan.FromMinutes(1);
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString();
        return Problems.RateLimited.Of($"Retry in {seconds} seconds.");
    }

    private static PartitionedRateLimiter<string> PerMinute(int permits) => PartitionedRateLimiter.Create<string, string>(
        who => RateLimitPartition.GetFixedWindowLimiter(
            who, _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1) }));

    public void Dispose()
    {
        _callers.Dispose();
        _wrongKeys.Dispose();
    }
}
