using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Gateway.Calls.Agents;

namespace Gateway.Worker.Agents;

/// <summary>Passes changes on to every reader of this node. One who is too slow is told that changes are missing.</summary>
internal sealed class AgentsBroadcast
{
    private const int MaxUnread = 10_000;

    private readonly ConcurrentDictionary<Reader, bool> _readers = new();

    public void Publish(AgentsChange change)
    {
        foreach (var reader in _readers.Keys)
            reader.Add(change);
    }

    public void Publish(IReadOnlyList<AgentsChange> changes)
    {
        foreach (var change in changes)
            Publish(change);
    }

    /// <summary>Begins with <see cref="AgentsChange.Missed"/>.</summary>
    public async IAsyncEnumerable<AgentsChange> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = new Reader();
        _readers[reader] = true;
        try
        {
            yield return new AgentsChange.Missed();
            await foreach (var change in reader.Unread.ReadAllAsync(cancellation))
            {
                yield return change;
                if (reader.TakeMissed())
                    yield return new AgentsChange.Missed();
            }
        }
        finally
        {
            _readers.TryRemove(reader, out _);
        }
    }

    private sealed class Reader
    {
        private readonly Channel<AgentsChange> _unread = Channel.CreateBounded<AgentsChange>(MaxUnread);
        private int _missed;

        public ChannelReader<AgentsChange> Unread => _unread.Reader;

        public void Add(AgentsChange change)
        {
            if (!_unread.Writer.TryWrite(change))
                Volatile.Write(ref _missed, 1);
        }

        public bool TakeMissed() => Unread.Count == 0 && Interlocked.Exchange(ref _missed, 0) == 1;
    }
}
