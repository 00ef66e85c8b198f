using System.Globalization;

namespace Load.Processes;

/// <summary>The system's figures of a process: its memory, its descriptors, the processor time it has used (proc(5)).</summary>
internal sealed class ProcessWatch(int id)
{
    /// <summary>USER_HZ, which is 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Resident memory in MB.</summary>
    public double MemoryMb() => double.Parse(
        File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;

    public int Descriptors() => Directory.GetFiles($"/proc/{id}/fd").Length;

    /// <summary>User and system time since its start, in seconds.</summary>
    public double CpuSeconds()
    {
        var text = File.ReadAllText($"/proc/{id}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (
            long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>CPU time of the living threads in ms, by name without a number at its end.</summary>
    public IReadOnlyDictionary<string, double> ThreadCpu() =>
        Threads().Select(task => (Name: Read(task, "comm").Trim().TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-'),
                Time: Read(task, "schedstat").Split(' ')[0]))
            .Where(thread => thread.Time.Length > 0).GroupBy(thread => thread.Name)
            .ToDictionary(group => group.Key, group => group.Sum(thread => long.Parse(thread.Time, CultureInfo.InvariantCulture)) / 1e6);

    /// <summary>Context switches of the living threads, wanted and not.</summary>
    public long Switches() => Threads().SelectMany(task => Read(task, "status").Split('\n'))
        .Where(line => line.Contains("ctxt_switches:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(':')[1], CultureInfo.InvariantCulture));

    private IEnumerable<string> Threads() => Directory.EnumerateDirectories($"/proc/{id}/task");

    private static string Read(string task, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, file));
        }
        catch (IOException)
        {
            return ""; // the thread has ended
        }
    }
}
