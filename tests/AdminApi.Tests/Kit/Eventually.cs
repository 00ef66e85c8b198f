using System.Diagnostics;

namespace AdminApi.Tests.Kit;

/// <summary>Waits for conditions. The timeout is generous, for a slow machine; only a failing test uses it up.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30), Look = TimeSpan.FromMilliseconds(50);

    public static async Task SeeAsync(Func<Task<bool>> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !await condition(); await Task.Delay(Look))
            if (watch.Elapsed > Timeout)
                throw new TimeoutException($"Not seen in {watch.Elapsed.TotalSeconds:0} s: {what}.");
    }
}
