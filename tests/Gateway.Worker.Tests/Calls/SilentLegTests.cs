using Gateway.Calls;
using Gateway.Storage.Calls;
using Gateway.Storage.Events;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Answered calls in which one side is not heard: the call goes on, and metrics, record and live view show it.</summary>
[Collection(StoresCollection.Name)]
public sealed class SilentLegTests(Stores stores)
{
    [Fact]
    public async Task A_PBX_that_sends_no_audio_shows_as_event_metric_and_in_the_record()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Media = options.Media with { MediaTimeout = TimeSpan.FromSeconds(1) } });
        var call = await bench.TalkToSilentPhoneAsync();

        var id = Assert.Single(await bench.Gateway.LiveAsync()).Id;
        var database = bench.Gateway.Service<NpgsqlDataSource>();
        await Eventually.SeeAsync(
            async () => (await new EventReader(database).OfCallAsync(id.Value, CancellationToken.None))
                .SingleOrDefault(e => e.Kind == "call.silent")?.Data,
            data => data?.Contains("\"leg\": \"pbx\"", StringComparison.Ordinal) == true, "the event of the silent leg");
        await Eventually.SeeAsync(() => bench.Gateway.MetricAsync("gateway_media_timeouts_total", "leg=\"pbx\""), timeouts =>
            timeouts == 1, "one silent leg is counted");

        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        var record = (await new PostgresCallStore(database).FindAsync(id, CancellationToken.None))!;
        Assert.True(record.PbxQuality is { PacketsReceived: 0, PacketsSent: > 0, Mos: null, MediaTimeouts: 1, OneWay: true },
            record.PbxQuality?.ToString());
        Assert.True(record.WhatsAppQuality is { Mos: > 3, OneWay: false }, record.WhatsAppQuality?.ToString());
    }
}
