using System.Globalization;
using Benchmarks;
using Load.Plots;
using Load.Processes;
using Load.Servers;
using Load.Streams;

namespace Load.Memory;

/// <summary>The memory of the gateway over many calls with a second of talk, and the pauses that keeping it costs.</summary>
internal sealed class MemoryRun(MemoryOptions options)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2), Talk = TimeSpan.FromSeconds(1);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program);
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        var watch = new ProcessWatch(server.Id);
        var points = new List<(double Calls, double Megabytes)> { (0, watch.MemoryMb()) };
        var before = await CollectorPauses.ReadAsync(server, stop);
        var placing = driver.PlaceAsync(
            (options.PerSecond, TimeSpan.FromSeconds(options.Calls / options.PerSecond)), Talk, () => { }, stop);
        while (!placing.IsCompleted)
        {
            await Task.WhenAny(placing, Task.Delay(Interval, stop));
            points.Add((driver.Placed, watch.MemoryMb()));
            Console.Error.WriteLine($"{points[^1].Calls} calls, {points[^1].Megabytes:0} MB");
        }
        var setUps = await placing;
        var fault = await server.FindFaultAsync(driver.Placed, driver.Answered, stop);
        await File.WriteAllTextAsync(
            options.Plot, new SvgPlot("Resident memory of the gateway", "calls so far", "MB").Add("RSS", points).Write(), stop);

        var pauses = (await CollectorPauses.ReadAsync(server, stop)).Since(before);
        var late = points.Where(point => point.Calls > points[^1].Calls / 2).ToList();
        var (least, most) = (late.Min(point => point.Megabytes), late.Max(point => point.Megabytes));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {driver.Placed} calls, {options.PerSecond} a second, {setUps.Unanswered} unanswered; {fault ?? "all recorded, charged once"}
            memory {points[0].Megabytes:0} MB at the start, at most {points.Max(point => point.Megabytes):0} MB;
            in the second half {least:0} to {most:0} MB, {SlopeOf(late) * 1000:+0.00;-0.00} MB a thousand calls
            pauses by garbage collection: {pauses}
            plot: {Path.GetFullPath(options.Plot)}
            """));
        return setUps.Unanswered == 0 && fault is null ? 0 : 1;
    }

    /// <summary>Of the straight line through the points with the least squares.</summary>
    private static double SlopeOf(List<(double X, double Y)> points)
    {
        if (points.Count < 2)
            return 0;
        var (x, y) = (points.Average(point => point.X), points.Average(point => point.Y));
        return points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
    }
}
