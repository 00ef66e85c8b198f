using System.Text.RegularExpressions;
using Gateway.Worker.Configuration;
using k8s;
using k8s.Models;
using Testing;

namespace Deploy;

/// <summary>The chart: what Helm makes of it is read strictly as Kubernetes' own types, and its configuration by the gateway.</summary>
public sealed partial class ChartTests
{
    /// <summary>Resources of the Prometheus operator, which Kubernetes itself does not know.</summary>
    private static readonly string[] OfTheOperator = ["ServiceMonitor", "PrometheusRule"];

    private static readonly string Chart = Repository.File("deploy", "chart");

    /// <summary>Each with what it changes of values/plain.yaml.</summary>
    public static TheoryData<string> Cases => new(
        Directory.GetFiles(Repository.File("tests", "Deploy", "values")).Select(file => Path.GetFileName(file)).Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_rendered_resource_is_what_Kubernetes_knows(string values)
    {
        await HelmAsync("lint", "--strict", values);
        foreach (var text in await DocumentsAsync(values))
        {
            var kind = KindLine().Match(text).Groups[1].Value;
            if (OfTheOperator.Contains(kind))
                continue;
            var known = KubernetesYaml.LoadAllFromString(text, strict: true);
            Assert.Equal(kind, ((IKubernetesObject)Assert.Single(known)).Kind);
        }
    }

    [Fact]
    public void A_key_that_Kubernetes_does_not_know_is_seen() => Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec: { maxUnavailabel: 1 }", strict: true));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_gateway_accepts_its_configuration(string values)
    {
        var options = await OptionsAsync(values);
        Assert.Equal("100200300400", options.Channels[0].PhoneNumberId);
        Assert.All(options.Sip.Listen, listener => Assert.Contains("10.0.0.10", listener, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_pod_has_longer_to_end_than_a_drain_may_take(string values)
    {
        var options = await OptionsAsync(values);
        var pod = await PodAsync(values);
        var preStop = pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds;
        Assert.True(TimeSpan.FromSeconds(pod.TerminationGracePeriodSeconds!.Value)
            > TimeSpan.FromSeconds(preStop) + options.Node.DrainDeadline + options.Calls.Ending + TimeSpan.FromSeconds(10));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_a_pod_mounts_and_reads_exists_in_it(string values)
    {
        var pod = await PodAsync(values);
        var container = Assert.Single(pod.Containers);
        var claims = (await DocumentsAsync(values)).Any(text => text.Contains("volumeClaimTemplates", StringComparison.Ordinal))
            ? ["state"] : Array.Empty<string>();
        Assert.Equal(
            container.VolumeMounts.Select(mount => mount.Name).Distinct().Order(),
            pod.Volumes.Select(volume => volume.Name).Concat(claims).Order());
        var configuration = await ConfigurationAsync(values);
        var files = FileNames().Matches(configuration).Select(match => match.Groups[1].Value)
            .Concat(TlsNames().Matches(configuration).Select(match => Path.GetDirectoryName(match.Value)!));
        Assert.All(files, file => Assert.Contains(container.VolumeMounts, mount => mount.MountPath == file));
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
    }

    [Theory]
    [InlineData("secrets=null", "secrets")]
    [InlineData("kind=Deployment", "kind")]
    [InlineData("replicass=3", "replicass")]
    [InlineData("config.whatsApp.verifyToken=null", "verifyToken")]
    [InlineData("adminApi.trustedProxies=", "adminApi")]
    [InlineData("ports.sip=70000", "sip")]
    public async Task Values_that_do_not_fit_are_refused_with_their_name(string set, string named)
    {
        var (code, output) = await Command.RunAsync(
            Repository.File("tests", "Deploy", "helm"), ["template", "test", Chart, "--values", Values("plain.yaml"), "--set", set]);
        Assert.NotEqual(0, code);
        Assert.Contains(named, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_alert_rules_are_those_of_Prometheus()
    {
        var rendered = await HelmAsync("template", "test", "all.yaml");
        var rules = File.ReadLines(Repository.File("deploy", "prometheus", "gateway.rules.yaml"));
        foreach (var line in rules.Where(line => line.Contains("alert:", StringComparison.Ordinal)))
            Assert.Contains(line.Trim(), rendered, StringComparison.Ordinal);
    }

    private static async Task<GatewayOptions> OptionsAsync(string values)
    {
        var configuration = await ConfigurationAsync(values);
        configuration = Placeholder().Replace(configuration, match => match.Groups[1].Value switch
        {
            "env:ADDRESS" => "10.0.0.10",
            "file:/etc/whatsapp-gateway/public-address" => "203.0.113.10",
            var name => name.Replace(':', '-'),
        });
        Assert.True(GatewayOptionsReader.TryRead(configuration, out var options, out var errors), string.Join('\n', errors));
        return options;
    }

    private static async Task<string> ConfigurationAsync(string values)
    {
        var map = (await DocumentsAsync(values)).Select(text => KubernetesYaml.LoadAllFromString(text, strict: false).FirstOrDefault())
            .OfType<V1ConfigMap>().First(map => map.Data.ContainsKey("gateway.json"));
        return map.Data["gateway.json"];
    }

    private static async Task<V1PodSpec> PodAsync(string values) => (await DocumentsAsync(values))
        .Where(text => KindLine().Match(text).Groups[1].Value is "StatefulSet" or "DaemonSet")
        .Select(text => Assert.Single(KubernetesYaml.LoadAllFromString(text, strict: true)))
        .Select(one => one is V1StatefulSet set ? set.Spec.Template.Spec : ((V1DaemonSet)one).Spec.Template.Spec).Single();

    private static async Task<string[]> DocumentsAsync(string values) =>
        [.. DocumentMark().Split(await HelmAsync("template", "test", values)).Where(text => KindLine().IsMatch(text))];

    private static Task<string> HelmAsync(string verb, string argument, string values)
    {
        string[] chart = verb == "lint" ? [Chart, argument] : [argument, Chart];
        return Command.SucceedsAsync(
            Repository.File("tests", "Deploy", "helm"), [verb, .. chart, "--values", Values("plain.yaml"), "--values", Values(values)]);
    }

    private static string Values(string name) => Repository.File("tests", "Deploy", "values", name);

    [GeneratedRegex("^kind: (\\w+)", RegexOptions.Multiline)]
    private static partial Regex KindLine();

    [GeneratedRegex("^---.*$", RegexOptions.Multiline)]
    private static partial Regex DocumentMark();

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\$\{file:([^}]+)\}")]
    private static partial Regex FileNames();

    [GeneratedRegex("/etc/whatsapp-gateway/tls/[a-z.]+")]
    private static partial Regex TlsNames();
}
