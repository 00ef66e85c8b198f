using Gateway.Calls;
using Gateway.Storage.Events;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The quality of a conversation while it lasts: in the live view, the metrics and the events.</summary>
[Collection(StoresCollection.Name)]
public sealed class LiveQualityTests(Stores stores)
{
    [Fact]
    public async Task A_live_call_shows_its_quality_and_names_a_leg_that_falls_silent_once()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with
            {
                Media = options.Media with { SampleInterval = TimeSpan.FromSeconds(1), OneWayAfter = TimeSpan.FromSeconds(2) },
            });
        var call = await bench.TalkToSilentPhoneAsync();

        var id = Assert.Single(await bench.Gateway.LiveAsync()).Id;
        var database = bench.Gateway.Service<NpgsqlDataSource>();
        var data = await Eventually.SeeAsync(
            async () => (await new EventReader(database).OfCallAsync(id.Value, CancellationToken.None))
                .SingleOrDefault(e => e.Kind == "call.quality_degraded")?.Data,
            data => data is not null, "the event of the silent leg");
        Assert.Contains("\"leg\": \"pbx\"", data);
        Assert.Contains("\"fault\": \"one_way\"", data);
        Assert.Contains("\"cause\": \"pbx_network\"", data);

        var shown = await Eventually.SeeAsync(
            async () => (await bench.Gateway.LiveAsync()).Single(one => one.Id == id).Quality,
            quality => quality is { Sample: { Pbx.IsSilent: true, WhatsApp.Received: > 20 } }, "the quality in the live view");
        Assert.InRange(shown!.Sample.WhatsApp.Mos!.Value, 3.5, 4.5);
        Assert.Null(shown.Sample.Pbx.Mos);
        Assert.Equal(1, await bench.Gateway.MetricAsync("gateway_quality_degraded_total", "leg=\"pbx\"", "fault=\"one_way\""));
        Assert.True(await bench.Gateway.MetricAsync("gateway_quality_mos_count", "leg=\"whatsapp\"") >= 2);
        Assert.True(await bench.Gateway.MetricAsync("gateway_quality_mos_bucket", "leg=\"whatsapp\"", "le=\"3.4\"") == 0);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
    }
}
