using Gateway.Calls;

namespace Gateway.Worker.Calls;

/// <summary>
/// Runs what concerns one call in order, and what concerns different calls side by side: no call waits until a store has answered for
/// another. Belongs to one reader.
/// </summary>
internal sealed class CallLanes : IDisposable
{
    /// <summary>Calls that share a lane wait for each other.</summary>
    private const int Lanes = 256;

    /// <summary>More wait where they come from, which is bounded.</summary>
    private const int MostAtOnce = 128;

    private readonly Task[] _last = [.. Enumerable.Repeat(Task.CompletedTask, Lanes)];
    private readonly SemaphoreSlim _room = new(MostAtOnce);

    /// <summary>Begins it now, or when what came before it of the same call is done.</summary>
    /// <param name="call">What it concerns; calls of one hash are in order too.</param>
    /// <param name="run">It; it must not throw.</param>
    /// <returns>Completes once there is room for the next one; the inner task, as <paramref name="run"/> does.</returns>
    public async Task<Task<T>> BeginAsync<T>(WhatsAppCallId call, Func<Task<T>> run)
    {
        await _room.WaitAsync();
        var lane = (int)((uint)call.GetHashCode() % Lanes);
        var running = RunAsync(_last[lane], run);
        _last[lane] = running;
        return running;
    }

    /// <summary>Completes when all that was begun is done.</summary>
    public Task Idle => Task.WhenAll(_last);

    public void Dispose() => _room.Dispose();

    private async Task<T> RunAsync<T>(Task before, Func<Task<T>> run)
    {
        try
        {
            await before;
            return await run();
        }
        finally
        {
            _room.Release();
        }
    }
}
