namespace Faults.Nodes;

/// <summary>
/// The wall clock of one process, which libfaketime reads from a file; the monotonic clock stays the machine's. Without the library
/// nothing can be stepped.
/// </summary>
internal sealed class SteppedClock
{
    private static readonly string? Library = Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Select(folder => Path.Combine(folder, "faketime", "libfaketime.so.1"))
            .FirstOrDefault(File.Exists)
        : null;

    private readonly string _file;

    /// <param name="folder">For its file.</param>
    public SteppedClock(string folder)
    {
        _file = Path.Combine(folder, "clock");
        Step(TimeSpan.Zero);
    }

    /// <summary>True where libfaketime is installed.</summary>
    public static bool IsPossible => Library is not null;

    /// <summary>For the process, from its start.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment => !IsPossible ? [] : new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library!,
        ["FAKETIME_TIMESTAMP_FILE"] = _file,
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0", // Debian's 0.9.10 ends each wait of a condition on the monotonic clock at once without
        ["FAKETIME_CACHE_DURATION"] = "1", // seconds, after which a step is seen
        ["DONT_FAKE_MONOTONIC"] = "1", // its name in older versions
    };

    /// <summary>From the machine's time on.</summary>
    public void Step(TimeSpan by) => File.WriteAllText(_file, $"{(by < TimeSpan.Zero ? '-' : '+')}{Math.Abs((long)by.TotalSeconds)}\n");
}
