using Gateway.Calls.Records;

namespace Gateway.Worker.Spool;

/// <summary>An entry in memory, and whoever waits until PostgreSQL has it.</summary>
/// <param name="entry">A record or a <see cref="CallAnswer"/>.</param>
internal sealed class UnspooledEntry(object entry)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public object Entry => entry;

    public void Settled() => _settled.TrySetResult();

    public async Task<bool> IsSettledWithinAsync(TimeSpan time, TimeProvider clock)
    {
        try
        {
            await _settled.Task.WaitAsync(time, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
