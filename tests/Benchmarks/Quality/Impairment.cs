namespace Benchmarks.Quality;

/// <summary>The effect of a network on a stream of one packet per 20 ms: the delay of each in ms; null: lost.</summary>
/// <param name="Name">The row.</param>
/// <param name="Delays">From the number of packets to their delays.</param>
internal sealed record Impairment(string Name, Func<int, double?[]> Delays)
{
    /// <summary>Sender's clock against ours, parts per million.</summary>
    public double SkewPpm { get; init; }

    /// <summary>The plain decoder plays from a fixed buffer rather than at once.</summary>
    public bool IsTimed { get; init; }

    public static IReadOnlyList<Impairment> All { get; } =
    [
        new("no impairment", count => Each(count, (_, _) => 0)),
        Loss(5),
        Loss(10),
        Loss(20),
        new("bursts of 3 at 10 %", Bursts),
        new("jitter 0-60 ms, in order", count => InOrder(Jitter(60)(count))) { IsTimed = true },
        new("jitter 0-100 ms, in order", count => InOrder(Jitter(100)(count))) { IsTimed = true },
        new("jitter 0-60 ms, reordered", Jitter(60)) { IsTimed = true },
        new("jitter 0-100 ms, reordered", Jitter(100)) { IsTimed = true },
        new("one stall of 80 ms", count => Stalls(count, every: int.MaxValue, 80)) { IsTimed = true },
        new("stall of 120 ms each second", count => Stalls(count, every: 50, 120)) { IsTimed = true },
        new("stalls and 5 % loss", StallsAndLoss) { IsTimed = true },
        new("jitter 0-60 ms, 10 % loss", JitterAndLoss) { IsTimed = true },
        new("clock +300 ppm", count => Each(count, (_, _) => 0)) { SkewPpm = 300, IsTimed = true },
        new("clock -300 ppm, jitter 0-60", count => InOrder(Jitter(60)(count))) { SkewPpm = -300, IsTimed = true },
    ];

    private static Impairment Loss(int percent) =>
        new($"loss {percent} %", count => Each(count, (random, n) => n > 10 && random.Next(100) < percent ? null : 0));

    private static Func<int, double?[]> Jitter(int milliseconds) => count => Each(count, (random, _) => random.NextDouble() * milliseconds);

    private static double?[] Bursts(int count)
    {
        var delays = Each(count, (_, _) => 0);
        var random = new Random(7);
        for (var n = 10; n < count - 3; n++)
        {
            if (random.NextDouble() >= 1 / 28.0) // 3 of 30 packets
                continue;
            delays.AsSpan(n, 3).Clear();
            n += 3;
        }
        return delays;
    }

    private static double?[] Stalls(int count, int every, double milliseconds)
    {
        var delays = Each(count, (_, _) => 0);
        for (var start = 100; start < count; start += Math.Min(every, count))
            for (var n = start; n < count && (n - start) * 20 < milliseconds; n++)
                delays[n] = milliseconds - (n - start) * 20;
        return delays;
    }

    private static double?[] StallsAndLoss(int count) => Lose(Stalls(count, 50, 120), 5);

    private static double?[] JitterAndLoss(int count) => Lose(InOrder(Jitter(60)(count)), 10);

    private static double?[] Lose(double?[] delays, int percent)
    {
        var random = new Random(8);
        for (var n = 10; n < delays.Length; n++)
            if (random.Next(100) < percent)
                delays[n] = null;
        return delays;
    }

    private static double?[] InOrder(double?[] delays)
    {
        for (var n = 1; n < delays.Length; n++)
            delays[n] = Math.Max(delays[n]!.Value, delays[n - 1]!.Value - 20);
        return delays;
    }

    private static double?[] Each(int count, Func<Random, int, double?> delay)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(n => delay(random, n))];
    }
}
