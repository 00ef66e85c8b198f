using System.Globalization;

namespace Load;

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
}
