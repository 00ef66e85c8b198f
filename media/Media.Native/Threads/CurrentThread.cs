using Media.Native.Net;

namespace Media.Native.Threads;

/// <summary>The scheduling of the calling thread (sched(7)); on Linux each thread of a process has its own.</summary>
public static class CurrentThread
{
    /// <summary>The time that the calling thread has had a processor (CLOCK_THREAD_CPUTIME_ID); a system call.</summary>
    public static unsafe TimeSpan ProcessorTime
    {
        get
        {
            TimeSpec time;
            _ = LibC.GetTime(LibC.ClockOfThread, &time); // fails for no clock of the kernel's own
            return new TimeSpan(time.Seconds * TimeSpan.TicksPerSecond + time.Nanoseconds / 100);
        }
    }

    /// <summary>Puts the calling thread before others as far as the system lets it: in real time, else by niceness.</summary>
    /// <param name="priority">See <see cref="RealTimeThread.TryPutFirst"/>.</param>
    /// <param name="niceness">See <see cref="TrySetNiceness"/>.</param>
    /// <returns>False: neither was allowed, and the thread is as usual.</returns>
    public static bool TryPutFirst(int priority, int niceness) =>
        RealTimeThread.TryPutFirst(priority) is not null || TrySetNiceness(niceness);

    /// <summary>
    /// Gives the calling thread a niceness (setpriority(2): -20 is served first, 0 is usual, 19 is served last). Threads that it starts
    /// have the usual one: the runtime may start a worker of its pool from any thread. False: the system does not allow it (RLIMIT_NICE,
    /// CAP_SYS_NICE), and nothing has changed that could be noticed.
    /// </summary>
    public static unsafe bool TrySetNiceness(int niceness)
    {
        var none = 0;
        return LibC.SetScheduler(0, LibC.SchedulerOther | LibC.SchedulerResetOnFork, &none) == 0
            && LibC.SetPriority(LibC.PriorityOfThread, 0, niceness) == 0;
    }
}
