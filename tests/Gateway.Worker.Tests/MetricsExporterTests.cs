using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Gateway.Worker.Metrics;

namespace Gateway.Worker.Tests;

public sealed class MetricsExporterTests : IDisposable
{
    private readonly MetricsExporter _exporter = new();
    private readonly Meter _meter = new("Gateway.Test." + Guid.NewGuid().ToString("n"));

    public void Dispose()
    {
        _meter.Dispose();
        _exporter.Dispose();
    }

    [Fact]
    public async Task Forgets_what_an_observed_gauge_shows_no_more()
    {
        string[] trunks = ["kept", "removed"];
        _meter.CreateObservableGauge("gateway_test_up", () => trunks.Select(
            name => new Measurement<int>(1, new KeyValuePair<string, object?>("trunk", name))));
        Assert.Contains("gateway_test_up{trunk=\"removed\"} 1\n", await CollectAsync());

        trunks = ["kept"];
        var text = await CollectAsync();
        Assert.Contains("gateway_test_up{trunk=\"kept\"} 1\n", text);
        Assert.DoesNotContain("removed", text);
    }

    [Fact]
    public async Task Shows_counters_gauges_and_histograms_in_the_text_format()
    {
        _meter.CreateCounter<long>("gateway_test_ended", description: "Ended \"calls\"\nby cause")
            .Add(3, new KeyValuePair<string, object?>("cause", "no\"answer\\"));
        _meter.CreateUpDownCounter<long>("gateway_test_active").Add(-2);
        _meter.CreateObservableGauge("gateway_test_pool", () => 7L);
        var histogram = _meter.CreateHistogram<double>("gateway_test_seconds");
        histogram.Record(0.003);
        histogram.Record(99_999);

        var text = await CollectAsync();
        Assert.Contains("# HELP gateway_test_ended_total Ended \"calls\"\\nby cause\n# TYPE gateway_test_ended_total counter\n", text);
        Assert.Contains("gateway_test_ended_total{cause=\"no\\\"answer\\\\\"} 3\n", text);
        Assert.Contains("gateway_test_active -2\n", text);
        Assert.Contains("gateway_test_pool 7\n", text);
        Assert.Contains("gateway_test_seconds_bucket{le=\"0.0025\"} 0\n", text);
        Assert.Contains("gateway_test_seconds_bucket{le=\"0.005\"} 1\n", text);
        Assert.Contains("gateway_test_seconds_bucket{le=\"+Inf\"} 2\n", text);
        Assert.Contains("gateway_test_seconds_count 2\n", text);
    }

    [Fact]
    public async Task What_waits_for_the_pool_and_its_threads_may_become_fewer_again()
    {
        var text = await CollectAsync();
        Assert.Contains("# TYPE dotnet_thread_pool_queue_length gauge\n", text);
        Assert.Contains("# TYPE dotnet_thread_pool_thread_current gauge\n", text);
    }

    [Fact]
    public async Task A_value_on_a_bucket_bound_belongs_to_that_bucket()
    {
        _meter.CreateHistogram<double>("gateway_test_bound_seconds").Record(0.005);
        Assert.Contains("gateway_test_bound_seconds_bucket{le=\"0.005\"} 1\n", await CollectAsync());
    }

    [Fact]
    public async Task Two_instruments_of_one_name_are_one_metric()
    {
        using var twin = new Meter(_meter.Name);
        _meter.CreateCounter<long>("gateway_test_twin").Add(1);
        twin.CreateCounter<long>("gateway_test_twin").Add(2);
        var text = await CollectAsync();
        Assert.Single(text.Split('\n'), line => line.StartsWith("# TYPE gateway_test_twin", StringComparison.Ordinal));
        Assert.Contains("gateway_test_twin_total 3\n", text);
    }

    [Fact]
    public async Task Labels_without_end_do_not_grow_without_end()
    {
        var counter = _meter.CreateCounter<long>("gateway_test_labels");
        for (var i = 0; i < 5000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        var lines = (await CollectAsync()).Split('\n');
        Assert.InRange(lines.Count(line => line.StartsWith("gateway_test_labels_total{", StringComparison.Ordinal)), 1, 500);
    }

    [Fact]
    public async Task Promtool_finds_nothing_to_complain_of()
    {
        CallMetrics.Started(Gateway.Calls.CallDirection.Inbound);
        CallMetrics.Left(Gateway.Calls.CallDirection.Inbound);
        CallMetrics.Webhook("delivered");
        var text = await CollectAsync();
        Assert.Contains("gateway_calls_active", text);
        Assert.Contains("dotnet_process_cpu_current", text);

        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        promtool.StandardInput.Write(text);
        promtool.StandardInput.Close();
        var complaints = promtool.StandardError.ReadToEnd() + promtool.StandardOutput.ReadToEnd();
        promtool.WaitForExit();
        Assert.True(promtool.ExitCode == 0, complaints);
    }

    /// <summary>Reads the answer to a scrape.</summary>
    private async Task<string> CollectAsync()
    {
        using var stream = new MemoryStream();
        await _exporter.Registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
