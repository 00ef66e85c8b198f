using Gateway.Worker.Tests.Calls.Bench;

namespace Gateway.Worker.Tests.Reload;

/// <summary>A configuration with any error is not applied at all, and all its errors are named.</summary>
public sealed class RefusedReloadTests(ReloadBench bench) : IClassFixture<ReloadBench>
{
    [Fact]
    public async Task One_wrong_line_leaves_everything_as_it_was_and_every_error_is_named()
    {
        using var restored = bench.Restored();
        var before = await bench.ReloadAsync();
        bench.Edit(root =>
        {
            bench.AddSecond(root);
            root["sip"]!["trunks"]![0]!["profile"] = "no-such-profile";
            root["node"]!["maxCalls"] = 0;
        });
        var report = await bench.ReloadAsync();
        Assert.Equal(2, report.Errors.Count);
        Assert.Contains(report.Errors, error => error.Contains("no-such-profile", StringComparison.Ordinal));
        Assert.Contains(report.Errors, error => error.StartsWith("node.maxCalls", StringComparison.Ordinal));
        Assert.Equal(before.Configuration, report.Configuration);
        Assert.Equal(403, (await bench.Second.Dial("+" + bench.Worker.WhatsApp.User().Phone).FailedAsync()).Status);
        var (_, agent) = await bench.Worker.LiveAsync();
        await agent.HangUpAsync();
        var metrics = (await bench.Worker.GetAsync("/metrics")).Body;
        Assert.Contains("gateway_config_reloads_total{result=\"refused\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("\ngateway_config_last_reload_successful 0\n", metrics, StringComparison.Ordinal);
        restored.Dispose();
        await bench.ReloadAsync();
        Assert.Contains(
            "\ngateway_config_last_reload_successful 1\n", (await bench.Worker.GetAsync("/metrics")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_half_written_is_refused()
    {
        using var restored = bench.Restored();
        var text = await File.ReadAllTextAsync(bench.ConfigurationPath);
        await File.WriteAllTextAsync(bench.ConfigurationPath, text[..(text.Length / 2)]);
        Assert.StartsWith("Not JSON", Assert.Single((await bench.ReloadAsync()).Errors), StringComparison.Ordinal);
        await File.WriteAllTextAsync(bench.ConfigurationPath, "");
        Assert.StartsWith("Not JSON", Assert.Single((await bench.ReloadAsync()).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_has_run_out_or_whose_key_does_not_fit_is_refused_with_all_that_comes_with_it()
    {
        using var restored = bench.Restored();
        bench.Edit(root => root["node"]!["maxCalls"] = 77);
        var served = await bench.ServedAsync();

        bench.WriteCertificate("expired", days: -1);
        Assert.Contains("ran out on", Assert.Single((await bench.ReloadAsync()).Errors), StringComparison.Ordinal);
        bench.WriteCertificate("mismatch", days: 10, keyFits: false);
        Assert.StartsWith("sip.tls:", Assert.Single((await bench.ReloadAsync()).Errors), StringComparison.Ordinal);
        Assert.Equal(served, await bench.ServedAsync());

        bench.WriteCertificate("good", days: 10);
        Assert.Contains("node.maxCalls", (await bench.ReloadAsync()).Applied);
        Assert.Equal("CN=good", await bench.ServedAsync());
    }

    [Fact]
    public async Task Changes_that_need_a_restart_are_named_and_not_applied()
    {
        using var restored = bench.Restored();
        bench.Edit(root =>
        {
            root["sip"]!["listen"]!.AsArray().Add("udp:127.0.0.2:5099");
            root["storage"]!["agentsTimeout"] = "00:00:01";
        });
        var report = await bench.ReloadAsync();
        Assert.Empty(report.Errors);
        Assert.Empty(report.Applied);
        Assert.Equal(["sip.listen", "storage.agentsTimeout"], report.NeedsRestart);

        bench.Edit(root => root["sip"]!["trunks"]![0]!["listen"] = "udp:127.0.0.2:5099");
        Assert.Contains("is not one of sip.listen", Assert.Single((await bench.ReloadAsync()).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_reloads_at_once_are_done_one_after_the_other()
    {
        using var restored = bench.Restored();
        bench.Edit(root => bench.AddSecond(root));
        var reports = await Task.WhenAll(bench.ReloadAsync(), bench.ReloadAsync());
        Assert.All(reports, report => Assert.Empty(report.Errors));
        Assert.Equal(reports[0].Configuration, reports[1].Configuration);
        Assert.Single(reports, report => report.Applied.Contains("sip.trunks['second']"));
    }
}
