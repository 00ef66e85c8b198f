using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// Measures how long work that is ready waits until a thread of the pool takes it up: all that sets up a call does, again and again. It
/// waits where the pool has more to do than it can, and where others have the processors.
/// </summary>
/// <remarks>One probe after the other is put into the pool's queue, always the same object.</remarks>
internal sealed class PoolWait(InstantClock clock) : IThreadPoolWorkItem
{
    private long _queuedAt = Instant.Never.Ticks;
    private long _waited;

    /// <summary>What the last probe waited, or has waited so far. The next one begins where it is over. By one thread.</summary>
    public TimeSpan Read(Instant now)
    {
        var queuedAt = new Instant(Volatile.Read(ref _queuedAt));
        if (queuedAt != Instant.Never)
            return now - queuedAt;
        var waited = new TimeSpan(_waited);
        Volatile.Write(ref _queuedAt, now.Ticks);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return waited;
    }

    void IThreadPoolWorkItem.Execute()
    {
        _waited = clock.Now.Ticks - _queuedAt;
        Volatile.Write(ref _queuedAt, Instant.Never.Ticks);
    }
}
