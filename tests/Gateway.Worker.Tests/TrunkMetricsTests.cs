using Gateway.Worker.Metrics;
using Testing;

namespace Gateway.Worker.Tests;

public sealed class TrunkMetricsTests
{
    [Fact]
    public async Task A_certificate_tells_how_long_it_lasts_by_the_given_clock_below_zero_too()
    {
        var time = new SteppedTime();
        var end = time.GetUtcNow().UtcDateTime.AddDays(2);
        var name = "c" + Guid.NewGuid().ToString("n");
        using var exporter = new MetricsExporter();
        using var metrics = new TrunkMetrics(() => [], _ => null, () => [(name, end)], time);
        Assert.Contains($"{name}\"}} 172800\n", await CollectAsync(exporter));
        time.Step(TimeSpan.FromDays(3));
        Assert.Contains($"{name}\"}} -86400\n", await CollectAsync(exporter));
    }

    private static async Task<string> CollectAsync(MetricsExporter exporter)
    {
        using var stream = new MemoryStream();
        await exporter.Registry.CollectAndExportAsTextAsync(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
