namespace Media.Native.Tests.Threads;

/// <summary>How the kernel schedules a thread: its policy, its priority in real time, and its niceness (proc_pid_stat(5)).</summary>
internal readonly record struct Scheduling(int Policy, int Priority, int Niceness)
{
    public const int Usual = 0, RoundRobin = 2;

    /// <summary>Of the calling thread.</summary>
    public static Scheduling OfThread()
    {
        // The second field, a name, may hold blanks.
        var fields = File.ReadAllText("/proc/thread-self/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new Scheduling(Field(41), Field(40), Field(19));

        int Field(int number) => int.Parse(fields[number - 3]);
    }
}
