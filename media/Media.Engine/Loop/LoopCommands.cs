namespace Media.Engine.Loop;

/// <summary>What other threads ask of a loop, in order. Neither side waits for the other.</summary>
/// <remarks>
/// A <see cref="System.Collections.Concurrent.ConcurrentQueue{T}"/> lets its reader spin while a writer is halfway through. A loop in real
/// time spins on the processor that the writer needs, so that both stand still until the kernel takes the processor away (sched(7): for up
/// to 0.95 s). Here a command is there or it is not.
/// </remarks>
internal sealed class LoopCommands
{
    private Entry? _newest;

    /// <summary>Adds a command. True: none was waiting, so the loop is to be woken. Any thread.</summary>
    public bool Add(Action command)
    {
        var entry = new Entry(command);
        do
            entry.Before = Volatile.Read(ref _newest);
        while (Interlocked.CompareExchange(ref _newest, entry, entry.Before) != entry.Before);
        return entry.Before is null;
    }

    /// <summary>Runs what is there; what is added meanwhile waits for the next time. The loop's thread.</summary>
    public void Run()
    {
        Entry? oldest = null;
        for (var next = Interlocked.Exchange(ref _newest, null); next is not null;)
            (next.After, oldest, next) = (oldest, next, next.Before);
        for (; oldest is not null; oldest = oldest.After)
            oldest.Command();
    }

    private sealed class Entry(Action command)
    {
        public Action Command => command;

        public Entry? Before { get; set; }

        public Entry? After { get; set; }
    }
}
