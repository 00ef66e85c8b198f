using Faults.Facts;

namespace Faults.Schedules;

/// <summary>
/// Draws the faults of a run from its seed: about one each few seconds, several at one time, and at every moment one node at least that
/// nothing is done to.
/// </summary>
public static class FaultSchedule
{
    private static readonly TimeSpan MostApart = TimeSpan.FromSeconds(5), LeastApart = TimeSpan.FromSeconds(1);

    /// <summary>Before the first fault calls are up; after the last one they go on for a while.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    /// <summary>How long each kind lasts; the longer ones outlast the lease of a node.</summary>
    private static readonly Dictionary<FaultKind, (double Least, double Most)> Seconds = new()
    {
        [FaultKind.Kill] = (0.5, 8), [FaultKind.KillEmpty] = (0.5, 8), [FaultKind.Pause] = (0.3, 10), [FaultKind.Stop] = (0.5, 3),
        [FaultKind.CutRedis] = (1, 8), [FaultKind.CutPostgres] = (1, 8), [FaultKind.CutGraph] = (0.5, 4),
        [FaultKind.CutGraphAnswers] = (0.5, 4), [FaultKind.FillDisk] = (3, 8), [FaultKind.StepClock] = (4, 10),
        [FaultKind.RestartRedis] = (0.2, 3), [FaultKind.FreezeRedis] = (0.3, 4), [FaultKind.FailOverRedis] = (2, 4),
        [FaultKind.RestartPostgres] = (0.2, 3),
        [FaultKind.FreezePostgres] = (0.3, 4), [FaultKind.Roll] = (0.5, 2),
    };

    /// <param name="seed">The same seed, the same faults.</param>
    /// <param name="length">Of the run.</param>
    /// <param name="nodes">How many there are.</param>
    /// <param name="kinds">Those that work on this machine.</param>
    public static IReadOnlyList<ScheduledFault> Draw(int seed, TimeSpan length, int nodes, IReadOnlyList<FaultKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        var random = new Random(seed);
        var faults = new List<ScheduledFault>();
        for (var at = Calm; at < length - Calm; at += LeastApart + random.NextDouble() * (MostApart - LeastApart))
        {
            var kind = kinds[random.Next(kinds.Count)];
            var (least, most) = Seconds[kind];
            var lasts = TimeSpan.FromSeconds(least + random.NextDouble() * (most - least));
            var fault = new ScheduledFault(at, at + lasts < length ? lasts : length - at, kind, IsOfNode(kind) ? random.Next(nodes) : null);
            if (IsPossible(fault, faults, nodes))
                faults.Add(fault);
        }
        return faults;
    }

    /// <summary>Redis has a replica and a Sentinel in the run of this seed.</summary>
    public static bool DrawSentinel(int seed) => new Random(~seed).Next(2) == 0;

    private static bool IsOfNode(FaultKind kind) => kind < FaultKind.RestartRedis;

    /// <summary>A killed node takes a while until it is back, so its fault lasts longer than planned.</summary>
    private static bool IsPossible(ScheduledFault fault, List<ScheduledFault> before, int nodes)
    {
        var beside = before.Where(other => other.To + TimeSpan.FromSeconds(3) > fault.From).ToArray();
        return beside.All(other => other.Node != fault.Node)
            && beside.Append(fault).Select(other => other.Node).OfType<int>().Distinct().Count() < nodes;
    }
}
