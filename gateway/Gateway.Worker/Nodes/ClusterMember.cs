using Gateway.WhatsApp.Webhooks;

namespace Gateway.Worker.Nodes;

/// <summary>This node as one of several: its lease, what it leaves of its calls for the others, and what it takes of theirs.</summary>
internal sealed class ClusterMember(LeaseLoop lease, CallSnapshots snapshots, CallTaker taker, Takeovers takeovers, CallMoves moves)
{
    /// <summary>Holds the lease until <see cref="EndAsync"/>, and leaves snapshots until it is cancelled.</summary>
    /// <param name="calls">Of this node.</param>
    /// <param name="handle">Takes events that a dead node was handed; see <see cref="Takeovers.Handle"/>.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task RunAsync(IOwnedCalls calls, Func<ForwardedEvent, Task<Task>> handle, CancellationToken cancellation)
    {
        takeovers.Handle = handle;
        taker.Calls = calls;
        lease.OnLapsed = takeovers.Begin;
        lease.Start(calls);
        return snapshots.RunAsync(calls, cancellation);
    }

    /// <summary>Others hand no new calls to this node any more. Never throws.</summary>
    public Task CloseAsync() => lease.CloseAsync();

    /// <summary>Hands calls to nodes with room until none is left or it is cancelled.</summary>
    public Task MoveAllAsync(CancellationToken cancellation) => moves.MoveAllAsync(cancellation);

    /// <summary>No calls are left.</summary>
    public async Task EndAsync()
    {
        await lease.StopAsync();
        await takeovers.Idle;
    }
}
