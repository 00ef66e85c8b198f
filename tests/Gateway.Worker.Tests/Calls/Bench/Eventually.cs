using System.Diagnostics;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>Waits for conditions. The timeout is generous, for a slow machine; only a failing test uses it up.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>The first value that fits; when none comes in time, fails with <paramref name="what"/> and the last value seen.</summary>
    public static async Task<T> SeeAsync<T>(Func<Task<T>> look, Func<T, bool> wanted, string what, Func<T, string>? describe = null)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var seen = await look();
            if (wanted(seen))
                return seen;
            if (watch.Elapsed > Timeout)
            {
                var last = describe is null ? seen?.ToString() : describe(seen);
                throw new TimeoutException($"Not seen in {watch.Elapsed.TotalSeconds:0} s: {what}. Last: {last}");
            }
            await Task.Delay(Look);
        }
    }

    public static Task SeeAsync(Func<bool> condition, string what, Func<string>? describe = null) =>
        SeeAsync(() => Task.FromResult(condition()), seen => seen, what, describe is null ? null : _ => describe());
}
