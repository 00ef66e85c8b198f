namespace Gateway.Storage;

/// <summary>
/// Questions to a store that are given up in time. By itself the driver waits for longer, until a server that stands still has taken its
/// cancellation.
/// </summary>
public static class StoreTimeout
{
    /// <summary>Asks, and throws <see cref="OperationCanceledException"/> after the timeout, or what the store throws.</summary>
    public static async Task<T> WithinAsync<T>(this TimeProvider time, TimeSpan limit, Func<CancellationToken, Task<T>> ask)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        return await ask(timeout.Token).WaitAsync(timeout.Token);
    }

    /// <inheritdoc cref="WithinAsync{T}"/>
    public static async Task WithinAsync(this TimeProvider time, TimeSpan limit, Func<CancellationToken, Task> ask)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        await ask(timeout.Token).WaitAsync(timeout.Token);
    }
}
