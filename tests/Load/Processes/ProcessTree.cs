using System.Globalization;

namespace Load.Processes;

/// <summary>Processes with all that descend from them: their processor time and memory (proc(5)).</summary>
internal sealed class ProcessTree(params int[] roots)
{
    /// <summary>USER_HZ, which is 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>User and system time so far, in seconds, of children that have ended too.</summary>
    public double CpuSeconds() => Members().Sum(one => one.Ticks) / TicksPerSecond;

    /// <summary>Resident memory in MB; what several share is counted once (Pss).</summary>
    public double MemoryMb() => Members().Sum(one => Pss(one.Id)) / 1024;

    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public static int ParentOf(int id) => Read(id.ToString(CultureInfo.InvariantCulture))?.Parent
        ?? throw new InvalidOperationException($"There is no process {id}.");

    private List<Member> Members()
    {
        var all = Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder))
            .Where(name => char.IsAsciiDigit(name[0])).Select(Read).OfType<Member>().ToLookup(one => one.Parent);
        var found = roots.Select(root => Read(root.ToString(CultureInfo.InvariantCulture))).OfType<Member>().ToList();
        for (var i = 0; i < found.Count; i++)
            found.AddRange(all[found[i].Id]);
        return found;
    }

    private static Member? Read(string id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
            return new Member(int.Parse(id, CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture), ticks);
        }
        catch (IOException)
        {
            return null; // it has ended
        }
    }

    private static double Pss(int id)
    {
        try
        {
            return double.Parse(
                File.ReadLines($"/proc/{id}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    }

    private sealed record Member(int Id, int Parent, long Ticks);
}
