using Media.Native.Net;

namespace Media.Native.Threads;

/// <summary>
/// A thread in real time (SCHED_RR of sched(7)), before every usual thread of the host. Another thread may put it back among the usual
/// ones, before which it then goes by niceness alone, until it goes first again. The kernel leaves a twentieth of the time to usual
/// threads. Threads that it starts are usual ones.
/// </summary>
public sealed class RealTimeThread
{
    private readonly Lock _lock = new();
    private readonly int _id = LibC.GetThreadId();
    private readonly int _priority;
    private volatile bool _isBack;

    private RealTimeThread(int priority) => _priority = priority;

    /// <summary>The calling thread, which goes first from now on; null: the system does not allow it, and nothing has changed.</summary>
    /// <param name="priority">Among threads in real time, 1 … 99; higher goes first. RLIMIT_RTPRIO or CAP_SYS_NICE allows it.</param>
    public static RealTimeThread? TryPutFirst(int priority)
    {
        var thread = new RealTimeThread(priority);
        return thread.TrySchedule(LibC.SchedulerRoundRobin, priority) ? thread : null;
    }

    /// <summary>Puts it back among the usual threads. Any thread.</summary>
    public void PutBack()
    {
        lock (_lock)
            _isBack = _isBack || TrySchedule(LibC.SchedulerOther, 0);
    }

    /// <summary>Lets it go first again where it was put back; costs nothing where it was not. The thread itself.</summary>
    public void PutFirst()
    {
        if (!_isBack)
            return;
        lock (_lock)
            _isBack = !TrySchedule(LibC.SchedulerRoundRobin, _priority);
    }

    private unsafe bool TrySchedule(int policy, int priority) =>
        LibC.SetScheduler(_id, policy | LibC.SchedulerResetOnFork, &priority) == 0;
}
