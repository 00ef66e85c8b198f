using System.Threading.Channels;
using Gateway.Calls.Agents;
using Gateway.Storage.Calls;

namespace Gateway.Worker.Agents;

/// <summary>
/// Reports every change of an agent's state to PostgreSQL, which makes one event of what all nodes report: so none is lost with a node.
/// While PostgreSQL is unavailable the changes wait here, and nothing waits for them.
/// </summary>
internal sealed partial class AgentEvents(
    IAgentRegistry registry, AgentStateStore store, TimeProvider time, ILogger<AgentEvents> logger) : BackgroundService
{
    /// <summary>The most that wait; beyond it the oldest are dropped, and later ones of the agent say how it is.</summary>
    private const int MaxWaiting = 20_000;

    private const int MaxAtOnce = 200;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Channel<AgentStatus> _changes = Channel.CreateBounded<AgentStatus>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(FollowAsync(stoppingToken), WriteAsync(stoppingToken));

    private async Task FollowAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in registry.ChangesAsync(cancellation))
                    await TakeAsync(change, cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested) // The next turn begins with all agents as they are.
            {
                LogNotFollowed(e);
            }
            await Task.Delay(Retry, time, cancellation);
        }
    }

    private async Task TakeAsync(AgentsChange change, CancellationToken cancellation)
    {
        if (change is AgentsChange.OfAgent { Status: var status })
            _changes.Writer.TryWrite(status);
        else if (change is AgentsChange.Missed)
            foreach (var known in await registry.ListAsync(cancellation))
                _changes.Writer.TryWrite(known);
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        List<AgentStatus> batch = [];
        while (await _changes.Reader.WaitToReadAsync(cancellation))
        {
            while (batch.Count < MaxAtOnce && _changes.Reader.TryRead(out var change))
                batch.Add(change);
            while (!await TryWriteAsync(batch, cancellation))
                await Task.Delay(Retry, time, cancellation);
            batch.Clear();
        }
    }

    private async Task<bool> TryWriteAsync(List<AgentStatus> batch, CancellationToken cancellation)
    {
        try
        {
            await store.NoteAsync(batch, cancellation);
            return true;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested) // They are written when PostgreSQL answers again.
        {
            LogNotWritten(batch.Count, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Changes of agents cannot be followed")]
    private partial void LogNotFollowed(Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} change(s) of agents wait for PostgreSQL: {Reason}")]
    private partial void LogNotWritten(int count, string reason);
}
