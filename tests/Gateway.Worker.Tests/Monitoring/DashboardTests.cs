using System.Diagnostics;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Monitoring;

/// <summary>Dashboards and alerts against what a gateway with calls really shows to a real Prometheus.</summary>
[Collection(StoresCollection.Name)]
public sealed class DashboardTests(Stores stores, ITestOutputHelper output)
{
    private static readonly string Rules = Repository.File("deploy", "prometheus", "gateway.rules.yaml");

    [Fact]
    public async Task Each_query_finds_something_in_a_real_run_and_a_set_up_time_leads_to_its_call()
    {
        await using var run = await MonitoredRun.StartAsync(stores);
        var missing = await Eventually.SeeAsync(
            () => MissingAsync(run), missing => missing.Count == 0, "each query finds something", missing => string.Join("\n", missing));
        Assert.Empty(missing);

        var rules = await run.Prometheus.GetAsync("/api/v1/rules");
        foreach (var rule in rules.GetProperty("groups")[0].GetProperty("rules").EnumerateArray())
            Assert.True(rule.GetProperty("health").GetString() == "ok", rule.ToString());

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var exemplars = $"/api/v1/query_exemplars?query=gateway_calls_setup_seconds_bucket&start={now - 300}&end={now + 60}";
        await Eventually.SeeAsync(
            async () => (await run.Prometheus.GetAsync(exemplars)).ToString(),
            text => text.Contains($"\"call_id\":\"{run.Call}\"", StringComparison.Ordinal), "the exemplar of the call's set-up");
    }

    [Fact]
    public void Each_excuse_is_of_a_metric_that_is_looked_at()
    {
        var named = Dashboard.All.SelectMany(dashboard => dashboard.Panels).Select(panel => panel.Expression)
            .Append(File.ReadAllText(Rules)).SelectMany(ProductMetrics.NamesIn).ToHashSet();
        Assert.Empty(EventDriven.Reasons.Keys.Except(named));
    }

    /// <summary>To be looked at by a person: in GATEWAY_SCREENSHOTS, else in a folder that the output names.</summary>
    [Fact]
    [Trait("Category", "Nightly")]
    public async Task Graphs_of_a_real_run_are_drawn()
    {
        await using var run = await MonitoredRun.StartAsync(stores, talk: TimeSpan.FromSeconds(45));
        var folder = Environment.GetEnvironmentVariable("GATEWAY_SCREENSHOTS") ?? Directory.CreateTempSubdirectory("screenshots-").FullName;
        foreach (var dashboard in Dashboard.All)
        {
            var graphs = dashboard.Panels.Where(panel => panel.Expression.Contains('[') && !IsExcused(panel.Expression)).Take(3)
                .Select((panel, i) => $"g{i}.expr={Uri.EscapeDataString(QueryOf(panel.Expression, run))}&g{i}.tab=0&g{i}.range_input=2m");
            var file = Path.Combine(folder, dashboard.Name + ".png");
            await DrawAsync($"{run.Prometheus.Url}/graph?{string.Join('&', graphs)}", file);
            output.WriteLine(file);
            Assert.InRange(new FileInfo(file).Length, 20_000, 5_000_000);
        }
    }

    private static async Task DrawAsync(string url, string file)
    {
        var profile = Directory.CreateTempSubdirectory("chromium-");
        using var browser = Process.Start(new ProcessStartInfo(
            "chromium",
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
                "--user-data-dir=" + profile.FullName, "--window-size=1200,2600", "--virtual-time-budget=20000", "--screenshot=" + file,
                url,
            ]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        await Task.WhenAll(browser.StandardError.ReadToEndAsync(), browser.StandardOutput.ReadToEndAsync());
        await browser.WaitForExitAsync();
        profile.Delete(recursive: true);
    }

    private static async Task<IReadOnlyList<string>> MissingAsync(MonitoredRun run)
    {
        var missing = new List<string>();
        foreach (var dashboard in Dashboard.All)
            foreach (var (title, expression) in dashboard.Panels)
                if (!IsExcused(expression) && await run.Prometheus.CountAsync(QueryOf(expression, run)) == 0)
                    missing.Add($"{dashboard.Name}, {title}: {expression}");
        foreach (var name in ProductMetrics.NamesIn(await File.ReadAllTextAsync(Rules)))
            if (!IsExcused(name) && await run.Prometheus.CountAsync(name) == 0)
                missing.Add($"rules: {name}");
        return missing;
    }

    private static string QueryOf(string expression, MonitoredRun run) =>
        expression.Replace("$instance", run.Instance, StringComparison.Ordinal);

    private static bool IsExcused(string expression) => ProductMetrics.NamesIn(expression).Any(EventDriven.Reasons.ContainsKey);
}
