using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Spool;

/// <summary>An entry in memory, and whoever waits until PostgreSQL has it.</summary>
/// <param name="entry">A record or a <see cref="CallAnswer"/>.</param>
internal sealed class UnspooledEntry(object entry)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public object Entry => entry;

    /// <summary>The time before which it is not tried: the store has refused it.</summary>
    public Instant TryAt { get; set; }

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
