using System.Diagnostics.Metrics;
using Media.Engine.Tests.Peers;

namespace Media.Engine.Tests.Loop;

public class MediaMeterTests
{
    [Fact]
    public async Task The_meter_tells_of_calls_ports_packets_and_every_reason()
    {
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Gateway.Media")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();

        await using var engine = EngineFixture.Create(5);
        await engine.StartAsync(default);
        await using var call = await TestCall.PlaceAsync(engine);
        await call.HandsetHearsAsync(600);
        listener.RecordObservableInstruments();

        Assert.Equal(1, seen["gateway_media_active_calls"]);
        Assert.Equal(4, seen["gateway_media_ports state=free"]);
        Assert.Equal(1, seen["gateway_media_ports state=taken"]);
        Assert.True(seen["gateway_media_packets leg=pbx direction=received"] > 5);
        Assert.True(seen["gateway_media_packets leg=whatsapp direction=sent"] > 5);
        Assert.Equal(0, seen["gateway_media_drops reason=srtp"]);
        Assert.Equal(0, seen["gateway_media_whatsapp_failures reason=ice_failed"]);
        Assert.Equal(0, seen["gateway_media_decode_errors"]);

        void Note(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = instrument.Name;
            foreach (var tag in tags)
                name += $" {tag.Key}={tag.Value}";
            seen[name] = value;
        }
    }
}
