using System.Diagnostics;
using Media.Engine.Audio;
using Media.Engine.Codecs;

namespace Benchmarks;

/// <summary>
/// The cost of callers who wait in a queue: they talk, as phones do, and hear the same music, on one loop. Beside it that of bridged calls,
/// in the same run, for the machine is never the same twice.
/// </summary>
internal static class QueueCost
{
    /// <summary>Longer than the music, so that all of it was heard once.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(18);

    /// <returns>0: the figures can be relied on.</returns>
    public static async Task<int> MeasureAsync(int callers, TimeSpan duration)
    {
        Console.WriteLine($"CPU of the loop per call-second, Opus 20 kbit/s with FEC, 20 ms frames, {duration.TotalSeconds} s");
        var bridge = await new BridgeCost(new CostOptions { Duration = duration }).MeasureAsync();
        Print("bridged calls, 50", bridge);
        var queue = await new BridgeCost(
            new CostOptions { Calls = callers, Duration = duration, WarmUp = WarmUp }, BuiltInClips.HoldMusic).MeasureAsync();
        Print($"callers who wait, {callers}", queue);
        Console.WriteLine($"  waits / bridged        {queue.Cost.CpuMilliseconds / bridge.Cost.CpuMilliseconds,6:F2} x");
        var (encoded, copied) = (Time((linear, codes) => G711.EncodeUlaw(linear, codes)), Time((_, codes) => Codes.CopyTo(codes)));
        Console.WriteLine($"A packet of G.711: {encoded:F0} ns to encode, {copied:F0} ns to copy");
        return bridge.Cost.DeliveredShare is > 0.99 and < 1.01 && queue.Cost.DeliveredShare is > 0.99 and < 1.01 ? 0 : 1;
    }

    private static readonly byte[] Codes = new byte[160];

    private static double Time(Action<short[], byte[]> step)
    {
        const int Turns = 2_000_000;
        var (linear, codes) = (new short[160], new byte[160]);
        for (var turn = 0; turn < Turns / 10; turn++)
            step(linear, codes);
        var started = Stopwatch.GetTimestamp();
        for (var turn = 0; turn < Turns; turn++)
            step(linear, codes);
        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / Turns;
    }

    private static void Print(string what, BridgeResult result) => Console.WriteLine(
        $"  {what,-22} {result.Cost.CpuMilliseconds,6:F2} ms   (delivered {result.Cost.DeliveredShare:P1}, "
        + $"{result.BytesPerPacket:F2} bytes allocated a packet)");
}
