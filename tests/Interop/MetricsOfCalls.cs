using System.Diagnostics;
using Interop.Asterisk;
using Interop.Bench;

namespace Interop;

/// <summary>/metrics after real calls, read as Prometheus reads it.</summary>
[Collection(InteropCollection.Name)]
public sealed class MetricsOfCalls(AsteriskBench bench) : BenchTests(bench), IClassFixture<AsteriskBench>
{
    [Fact]
    public async Task Prometheus_finds_no_fault_and_the_calls_are_counted()
    {
        var ended = await bench.Gateway.MetricAsync("gateway_calls_ended_total", "cause=\"whatsapp_hung_up\"");
        var call = await bench.WhatsApp.CallAsync(await bench.WhatsApp.UserAsync(), AsteriskBench.Plain, "tone");
        await call.HearsAsync(AsteriskDialplan.ToneHertz);
        Assert.Equal(1, await bench.Gateway.MetricAsync("gateway_calls_active", "direction=\"inbound\""));
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
        Assert.Equal(ended + 1, await bench.Gateway.MetricAsync("gateway_calls_ended_total", "cause=\"whatsapp_hung_up\""));

        var (exit, said) = await CheckAsync(await bench.Gateway.GetAsync("/metrics"));
        Assert.True(exit == 0, said);
    }

    private static async Task<(int Exit, string Said)> CheckAsync(string metrics)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = Task.WhenAll(promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, string.Concat(await said));
    }
}
