namespace Benchmarks;

/// <summary>CPU time, user and kernel, of this process's threads by name: the cost of a loop without the load that keeps it busy.</summary>
internal static class ThreadCpu
{
    /// <summary>
    /// Sum over the living threads whose name begins with <paramref name="prefix"/>. Linux keeps 15 characters of a name
    /// and counts the time a thread has run in /proc/PID/task/TID/schedstat, in ns.
    /// </summary>
    public static TimeSpan Of(string prefix)
    {
        long nanoseconds = 0;
        foreach (var task in Directory.EnumerateDirectories("/proc/self/task"))
            if (File.ReadAllText(Path.Combine(task, "comm")).StartsWith(prefix, StringComparison.Ordinal))
                nanoseconds += long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0]);
        return TimeSpan.FromMicroseconds(nanoseconds / 1000.0);
    }
}
