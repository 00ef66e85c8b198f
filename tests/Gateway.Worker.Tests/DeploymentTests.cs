using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Worker.Tests;

/// <summary>The files of deploy/ can be used unchanged.</summary>
public partial class DeploymentTests
{
    private static readonly string Rules = Repository.File("deploy", "prometheus", "gateway.rules.yaml");

    [Fact]
    public void The_example_configuration_is_accepted_once_the_environment_has_what_it_names()
    {
        var example = File.ReadAllText(Repository.File("deploy", "gateway.example.json"));
        Assert.False(GatewayOptionsReader.TryRead(example, out _, out var missing));
        var names = EnvironmentName().Matches(example).Select(m => m.Groups[1].Value).Where(name => name != "NAME").Distinct().ToArray();
        Assert.All(names, name => Assert.Contains($"The environment variable {name} is not set.", missing));

        foreach (var name in names)
            example = example.Replace("${env:" + name + "}", "value of " + name, StringComparison.Ordinal);
        Assert.True(GatewayOptionsReader.TryRead(example, out var options, out var errors), string.Join("\n", errors));
        Assert.Equal("6000", options.Channels[0].Target);
    }

    [Fact]
    public Task Promtool_accepts_the_alert_rules() =>
        PromtoolAsync("check", "rules", Rules);

    [Fact]
    public Task Alerts_fire_when_they_should_and_only_then() =>
        PromtoolAsync("test", "rules", Repository.File("tests", "Gateway.Worker.Tests", "alerts.yaml"));

    [Fact]
    public void Alerts_and_dashboards_look_at_metrics_that_exist()
    {
        using var product = new ProductMetrics();
        var series = product.Names.SelectMany(name => new[] { name, name + "_bucket", name + "_sum", name + "_count" });
        string[] files = [Rules, .. Directory.GetFiles(Repository.File("deploy", "grafana", "dashboards"), "*.json")];
        Assert.Equal(7, files.Length);
        foreach (var file in files)
        {
            var named = ProductMetrics.NamesIn(File.ReadAllText(file));
            Assert.NotEmpty(named);
            Assert.Empty(named.Except(series));
        }
    }

    [Fact]
    public void Each_alert_has_a_runbook_and_a_test()
    {
        var rules = File.ReadAllText(Rules);
        var alerts = Alert().Matches(rules).Select(m => m.Groups[1].Value).ToArray();
        var sections = File.ReadLines(Repository.File("deploy", "prometheus", "runbooks.md"))
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);
        Assert.Equal(alerts, sections);
        var links = Runbook().Matches(rules).Select(m => m.Groups[1].Value);
        Assert.Equal(alerts.Select(name => "runbooks.md#" + name.ToLowerInvariant()), links);
        var tests = File.ReadAllText(Repository.File("tests", "Gateway.Worker.Tests", "alerts.yaml"));
        Assert.All(alerts, name => Assert.Matches($@"alertname: {name}\s+exp_alerts", tests));
    }

    [Fact]
    public void Alerts_look_at_causes_that_exist()
    {
        var rules = File.ReadAllText(Rules);
        var causes = WireName.All<HangupCause>().Concat(WireName.All<SuspectedCause>());
        var named = Cause().Matches(rules).SelectMany(m => m.Groups[1].Value.Split('|')).ToArray();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(causes));
    }

    [Fact]
    public void The_service_unit_waits_longer_than_a_drain_may_take()
    {
        var unit = File.ReadAllText(Repository.File("deploy", "systemd", "whatsapp-gateway.service"));
        var timeout = TimeSpan.FromSeconds(int.Parse(StopTimeout().Match(unit).Groups[1].Value));
        Assert.True(timeout > new NodeOptions().DrainDeadline + new CallOptions().Ending + TimeSpan.FromSeconds(10));
    }

    private static async Task PromtoolAsync(params string[] arguments)
    {
        using var promtool = Process.Start(
            new ProcessStartInfo("promtool", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, said);
    }

    [GeneratedRegex(@"\$\{env:([^}]+)\}")]
    private static partial Regex EnvironmentName();

    [GeneratedRegex("cause=~?\"([^\"]+)\"")]
    private static partial Regex Cause();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"runbook_url: (\S+)")]
    private static partial Regex Runbook();

    [GeneratedRegex(@"TimeoutStopSec=(\d+)")]
    private static partial Regex StopTimeout();
}
