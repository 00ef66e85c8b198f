using Media.Native.Threads;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// A loop's turn at its processor: from one wait to the next, before all other work of the host, since a few ms late is heard and a turn is
/// short. In real time where that is allowed: a thread that is only nice waits for whole slices of others as soon as all processors have
/// work. A turn that lasts too long goes on as one of them.
/// </summary>
/// <remarks>
/// Code that runs for the first time waits for locks of the runtime by spinning. In real time it would spin on the very processor
/// without which their owner never lets go, until the kernel takes it away after 0.95 s: so it was seen when calls of a killed node were
/// taken over.
/// </remarks>
/// <param name="priority">Of <see cref="RealTimeThread"/>; the guard's is above the loops'.</param>
internal sealed class LoopTurn(int priority = LoopTurn.Priority)
{
    public const int Priority = 4, GuardsPriority = 5;

    private const int Niceness = -10;

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(20);

    private volatile RealTimeThread? _thread;
    private long _begun = Instant.Never.Ticks;

    /// <summary>Puts the calling thread, the loop's, before others. False: the system does not allow it.</summary>
    public bool TryPutFirst()
    {
        var isNice = CurrentThread.TrySetNiceness(Niceness); // also for turns that lose their real time
        _thread = RealTimeThread.TryPutFirst(priority);
        return isNice || _thread is not null;
    }

    /// <summary>The loop has something to do.</summary>
    public void Begin(Instant now)
    {
        Volatile.Write(ref _begun, now.Ticks);
        _thread?.PutFirst();
    }

    /// <summary>The loop waits.</summary>
    public void End() => Volatile.Write(ref _begun, Instant.Never.Ticks);

    /// <summary>Lets usual threads run where the turn has lasted too long. The guard's thread.</summary>
    public void Check(Instant now)
    {
        if (now - Longest > new Instant(Volatile.Read(ref _begun)))
            _thread?.PutBack();
    }
}
