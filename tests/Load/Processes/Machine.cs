using System.Globalization;

namespace Load.Processes;

/// <summary>The processors of this machine: how much of them was used since, by whom.</summary>
/// <param name="At">When.</param>
/// <param name="Busy">Seconds that a processor did something, all added up.</param>
/// <param name="Load">Seconds of this process, which makes the load.</param>
/// <param name="Server">Seconds of the server.</param>
internal sealed record Machine(TimeSpan At, double Busy, double Load, double Server)
{
    private const double TicksPerSecond = 100;

    private const int Idle = 3, IoWait = 4, Guest = 8;

    public static Machine Read(ProcessTree server)
    {
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        var busy = ticks.Where((_, i) => i is not (Idle or IoWait) && i < Guest).Sum() / TicksPerSecond;
        return new Machine(
            TimeSpan.FromMilliseconds(Environment.TickCount64), busy, Environment.CpuUsage.TotalTime.TotalSeconds, server.CpuSeconds());
    }

    public Shares Since(Machine before)
    {
        var all = (At - before.At).TotalSeconds * Environment.ProcessorCount;
        return new Shares((Busy - before.Busy) / all, (Load - before.Load) / all, (Server - before.Server) / all);
    }

    /// <summary>Parts of all processors' time.</summary>
    internal readonly record struct Shares(double Busy, double Load, double Server);
}
