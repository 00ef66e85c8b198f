namespace Demo;

/// <summary>Polls until there is an answer.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <exception cref="DemoException">There was none in time.</exception>
    public static async Task<T> ForAsync<T>(string what, TimeSpan timeout, Func<Task<T?>> ask, CancellationToken cancellation)
        where T : class
    {
        using var limit = new CancellationTokenSource(timeout);
        while (true)
        {
            if (await ask() is { } found)
                return found;
            if (limit.IsCancellationRequested)
                throw new DemoException($"Waited {timeout.TotalSeconds:0} s for {what}.");
            await Task.Delay(Interval, cancellation);
        }
    }
}
