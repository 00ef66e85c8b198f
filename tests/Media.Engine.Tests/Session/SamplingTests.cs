using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Media.Engine.Tests.Session;

/// <summary>Samples of a conversation's quality, in virtual time.</summary>
public sealed class SamplingTests
{
    [Fact]
    public void A_conversation_is_sampled_every_five_seconds_with_what_the_wire_did_meanwhile()
    {
        using var world = new SessionWorld(1, loss: 0.05);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(61));
        var samples = Samples(world.Callee);
        Assert.Equal(12, samples.Length);
        Assert.All(samples[1..], sample => // the first is shorter by what the connection took
        {
            Assert.InRange(sample.WhatsApp.Received, 220, 255);
            Assert.InRange(sample.WhatsApp.Mos!.Value, 2.5, 4.25);
            Assert.InRange(sample.WhatsApp.DelayMs, 60, 200);
            Assert.InRange(sample.Pbx.Mos!.Value, 4.3, 4.5);
            Assert.Equal((250, 0), (sample.Pbx.Received, sample.Pbx.LossRatio));
        });
        Assert.InRange(samples.Average(sample => sample.WhatsApp.LossRatio!.Value), 0.035, 0.065);
        Assert.Contains(samples, sample => sample.WhatsApp is { RoundTripMs: > 70, RemoteLossRatio: > 0, Playout.Recovered: > 0 });
    }

    [Fact]
    public void A_wire_that_gets_worse_shows_in_the_next_sample_and_in_none_before()
    {
        using var world = new SessionWorld(1);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(21));
        world.Internet.Loss = 0.2;
        world.Run(TimeSpan.FromSeconds(10));
        var samples = Samples(world.Callee);
        Assert.All(samples[..4], sample => Assert.InRange(sample.WhatsApp.LossRatio!.Value, 0, 0.01)); // what overtook is late
        Assert.InRange(samples[5].WhatsApp.LossRatio!.Value, 0.1, 0.35);
        Assert.True(samples[5].WhatsApp.Mos < samples[3].WhatsApp.Mos - 0.5, $"{samples[3]} {samples[5]}");
    }

    [Theory]
    [InlineData(CallLeg.Pbx)]
    [InlineData(CallLeg.WhatsApp)]
    public void One_way_audio_is_named_within_five_seconds_and_once(CallLeg silent)
    {
        using var world = new SessionWorld(1);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(7.3));
        Assert.DoesNotContain(Samples(world.Caller), sample => sample.WhatsApp.IsSilent || sample.Pbx.IsSilent);
        var began = world.Clock.Now;
        if (silent == CallLeg.Pbx)
            world.Caller.Phone.FallSilent();
        else
            world.Internet.Passes = datagram => datagram.To != world.Caller.Port.Shared || datagram.Bytes[0] < 128; // no RTP
        world.RunUntil(
            () => Samples(world.Caller).Any(sample => Of(sample, silent).IsSilent), TimeSpan.FromSeconds(5), "named within 5 s");
        Assert.True(world.Clock.Now - began >= TimeSpan.FromSeconds(3));
        Assert.False(Of(Samples(world.Caller)[^1], silent == CallLeg.Pbx ? CallLeg.WhatsApp : CallLeg.Pbx).IsSilent);
        var before = Samples(world.Caller).Length;
        world.Run(TimeSpan.FromSeconds(4));
        Assert.Equal(before, Samples(world.Caller).Length); // the next comes when it is due
    }

    [Fact]
    public void A_held_call_is_not_one_way()
    {
        using var world = new SessionWorld(1);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(2));
        world.Caller.Phone.FallSilent();
        var hold = world.Caller.Session.AnswerPbxOffer(
            PbxSide.First, world.Caller.Phone.Describe("sendonly"), world.Profile, world.Clock.Now);
        Assert.True(hold.Succeeded);
        world.Run(TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(Samples(world.Caller), sample => sample.Pbx.IsSilent || sample.WhatsApp.IsSilent);
    }

    private static LegSample Of(MediaSample sample, CallLeg leg) => leg == CallLeg.Pbx ? sample.Pbx : sample.WhatsApp;

    private static MediaSample[] Samples(SessionSide side) => [.. side.Events.OfType<MediaEvent.Sampled>().Select(one => one.Sample)];
}
