using System.Globalization;

namespace Media.Engine.Loop;

/// <summary>The processors that this process may use.</summary>
internal static class Processors
{
    private const string Groups = "/sys/fs/cgroup", Own = "/proc/self/cgroup";

    /// <summary>
    /// Those that it may run on, or what its control group and the groups above leave of them: half a processor is not rounded up, as
    /// <see cref="Environment.ProcessorCount"/> does it.
    /// </summary>
    public static double Count() => Math.Min(Environment.ProcessorCount, Quota());

    /// <summary>cpu.max holds "MAX PERIOD" in microseconds, or "max PERIOD" (Documentation/admin-guide/cgroup-v2.rst).</summary>
    /// <returns>Infinite: no limit, or none that can be read.</returns>
    public static double ReadQuota(string cpuMax) =>
        cpuMax.Split(' ') is [var most, var period]
        && double.TryParse(most, CultureInfo.InvariantCulture, out var microseconds)
        && double.TryParse(period, CultureInfo.InvariantCulture, out var length) && microseconds > 0 && length > 0
            ? microseconds / length : double.PositiveInfinity;

    private static double Quota()
    {
        try
        {
            var own = File.ReadLines(Own).FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..] ?? "/";
            var least = double.PositiveInfinity;
            for (var folder = Path.Join(Groups, own); folder is not null && folder.Length >= Groups.Length;
                folder = Path.GetDirectoryName(folder))
                if (Path.Combine(folder, "cpu.max") is var file && File.Exists(file))
                    least = Math.Min(least, ReadQuota(File.ReadAllText(file).Trim()));
            return least;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return double.PositiveInfinity;
        }
    }
}
