using Media.Engine.Legs;
using Media.Engine.Session;
using Media.Protocols.Primitives;

namespace Media.Engine.Tests.Session;

/// <summary>
/// Two whole sessions talk in virtual time: ICE, SRTP, Opus to and from PCMU, telephone-events, over a wire that loses packets.
/// </summary>
public class MediaSessionTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.02, 2)]
    [InlineData(0.05, 3)]
    [InlineData(0.1, 4)]
    [InlineData(0.2, 5)]
    public void Two_sessions_hear_each_other_and_pass_every_key_whatever_is_lost(double loss, int seed)
    {
        using var world = new SessionWorld(seed, loss);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(10));
        world.Caller.Phone.Press("123456789*0#");
        world.Callee.Phone.Press("ABCD");
        world.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(("123456789*0#", "ABCD"), (world.Callee.Phone.Digits, world.Caller.Phone.Digits));
        Assert.Equal("123456789*0#", world.Caller.DigitsFrom(CallLeg.Pbx));
        Assert.Equal("123456789*0#", world.Callee.DigitsFrom(CallLeg.WhatsApp));
        Assert.Equal("ABCD", world.Caller.DigitsFrom(CallLeg.WhatsApp));

        world.Run(TimeSpan.FromSeconds(10));
        foreach (var side in new[] { world.Caller, world.Callee })
        {
            var quality = side.Quality.WhatsApp;
            Assert.Equal("opus", quality.Codec);
            Assert.Equal("PCMU", side.Quality.Pbx.Codec);
            Assert.Equal(0, side.Quality.Pbx.PacketsLost);
            Assert.InRange((double)quality.PacketsLost / (quality.PacketsReceived + quality.PacketsLost), loss * 0.7, loss * 1.3);
            Assert.InRange(quality.RoundTripMs!.Value, 80, 115);
            Assert.DoesNotContain(
                side.Events, happened => happened is MediaEvent.Failed or MediaEvent.WhatsAppFailed or MediaEvent.MediaTimeout);
        }
        Hears(world, world.Callee.Phone, 600);
        Hears(world, world.Caller.Phone, 1000);
    }

    /// <summary>Keys bunch up where packets are lost; whenever they are pressed, none is lost and none is taken for another.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void Every_key_is_passed_whenever_it_is_pressed(int seed)
    {
        for (var phase = 0; phase < 12; phase++)
        {
            using var world = new SessionWorld(seed, 0.1);
            world.Connect();
            world.Run(TimeSpan.FromMilliseconds(3000 + phase * 7));
            world.Caller.Phone.Press("1123456789*0#");
            world.Callee.Phone.Press("ABCDD");
            world.Run(TimeSpan.FromSeconds(6));
            Assert.Equal((phase, "1123456789*0#", "ABCDD"), (phase, world.Callee.Phone.Digits, world.Caller.Phone.Digits));
        }
    }

    /// <summary>A tone is measured between losses: while a frame is made up it is none, for a moment.</summary>
    private static void Hears(SessionWorld world, WirePhone phone, double hertz)
    {
        for (var i = 0; i < 500 && Math.Abs((phone.Meter.Hertz() ?? 0) - hertz) > 10; i++)
            world.Run(TimeSpan.FromMilliseconds(20));
        Assert.InRange(phone.Meter.Hertz() ?? 0, hertz - 10, hertz + 10);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void The_same_wire_gives_the_same_call(double loss)
    {
        (long, long, int, double?) Call()
        {
            using var world = new SessionWorld(7, loss);
            world.Connect();
            world.Run(TimeSpan.FromSeconds(20));
            return (world.Caller.Quality.WhatsApp.PacketsReceived, world.Callee.Quality.WhatsApp.PacketsLost, world.Caller.Phone.Received,
                world.Callee.Quality.WhatsApp.Mos);
        }
        Assert.Equal(Call(), Call());
    }

    [Fact]
    public void Nothing_but_ICE_and_DTLS_is_sent_before_the_audio_is_opened()
    {
        using var world = new SessionWorld(1);
        world.Negotiate();
        world.Caller.Phone.Talk(world.Clock.Now);
        var sent = 0;
        world.Internet.Passes = datagram => datagram.Bytes[0] < 64 || ++sent == 0;
        world.Run(TimeSpan.FromSeconds(3));
        Assert.Contains(world.Caller.Events, happened => happened is MediaEvent.WhatsAppConnected);
        Assert.Equal(0, sent);
    }

    [Fact]
    public void One_can_ask_what_a_session_waits_for()
    {
        using var world = new SessionWorld(1);
        var session = world.Caller.Session;
        Assert.Equal(MediaDeadline.Tick, session.Deadlines.NextName);
        world.Negotiate();
        Assert.True(session.Deadlines.IsSet(MediaDeadline.Ice) && session.Deadlines.IsSet(MediaDeadline.Connect));
        Assert.False(session.Deadlines.IsSet(MediaDeadline.AudioToWhatsApp));
        world.RunUntil(() => world.Caller.Events.OfType<MediaEvent.WhatsAppConnected>().Any(), TimeSpan.FromSeconds(5), "connected");
        Assert.False(session.Deadlines.IsSet(MediaDeadline.Connect) || session.Deadlines.IsSet(MediaDeadline.Dtls));
        session.OpenAudio(world.Clock.Now);
        Assert.True(session.Deadlines.IsDue(MediaDeadline.AudioToWhatsApp, world.Clock.Now));
        session.Fail(new InvalidOperationException());
        Assert.Null(session.Deadlines.NextName);
    }

    [Fact]
    public void A_wire_that_is_cut_ends_both_sessions_when_consent_runs_out()
    {
        using var world = new SessionWorld(1);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(5));
        world.Internet.Passes = _ => false;
        world.Run(TimeSpan.FromSeconds(23));
        Assert.DoesNotContain(world.Caller.Events, happened => happened is MediaEvent.WhatsAppFailed);
        world.Run(TimeSpan.FromSeconds(10));
        foreach (var side in new[] { world.Caller, world.Callee })
        {
            Assert.Contains(side.Events, happened => happened is MediaEvent.MediaTimeout { Leg: CallLeg.WhatsApp });
            Assert.Equal(WebRtcFailure.ConsentLost, Assert.Single(side.Events.OfType<MediaEvent.WhatsAppFailed>()).Reason);
        }
    }

    [Fact]
    public void A_certificate_other_than_the_announced_one_is_refused()
    {
        using var world = new SessionWorld(1, second: new ScriptedIdentity(0xB2) { Shown = "00:11" });
        world.Negotiate();
        world.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(WebRtcFailure.FingerprintMismatch, Assert.Single(world.Caller.Events.OfType<MediaEvent.WhatsAppFailed>()).Reason);
        Assert.DoesNotContain(world.Caller.Events, happened => happened is MediaEvent.WhatsAppConnected);
    }

    [Fact]
    public void A_wire_that_carries_nothing_at_first_is_tried_until_it_does()
    {
        using var world = new SessionWorld(1);
        world.Internet.Passes = _ => false;
        world.Negotiate();
        world.Run(TimeSpan.FromSeconds(20));
        world.Internet.Passes = _ => true;
        world.RunUntil(() => world.Callee.Events.OfType<MediaEvent.WhatsAppConnected>().Any(), TimeSpan.FromSeconds(29), "connected");
    }

    [Fact]
    public void Releasing_one_session_gives_its_ports_back_and_hangs_up_the_other()
    {
        using var world = new SessionWorld(1);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(5));
        var quality = world.Caller.Session.Release(world.Clock.Now);
        Assert.True(world.Caller.Port.IsReleased && world.Caller.Session.IsOver);
        Assert.InRange(quality.WhatsApp.PacketsReceived, 240, 260);
        world.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(WebRtcFailure.DtlsClosed, Assert.Single(world.Callee.Events.OfType<MediaEvent.WhatsAppFailed>()).Reason);
    }

    /// <summary>A session refresh offers our last answer again; the phone answers from elsewhere.</summary>
    [Fact]
    public void Audio_follows_the_answer_to_an_answer_of_ours_that_was_offered_again()
    {
        using var world = new SessionWorld(1);
        world.Connect();
        var (session, phone, moved) = (world.Caller.Session, world.Caller.Phone, world.Caller.Second);
        Assert.True(session.AnswerPbxOffer(default, phone.Describe("sendrecv"), world.Profile, world.Clock.Now).Succeeded);
        Assert.True(session.ApplyPbxAnswer(default, moved.Describe("sendrecv"), world.Profile, world.Clock.Now).Succeeded);
        world.Run(TimeSpan.FromSeconds(2));
        Hears(world, moved, 1000);
    }

    [Fact]
    public void A_packet_on_its_way_allocates_nothing()
    {
        using var world = new SessionWorld(1);
        world.Connect();
        world.Run(TimeSpan.FromSeconds(5));
        world.Caller.Port.IsMuted = true;
        world.Caller.Phone.FallSilent();
        world.Run(TimeSpan.FromMilliseconds(100));
        var (session, phone, output) = (world.Caller.Session, world.Caller.Phone.Address, new RtpOutput(new Testing.SeededEntropy(9)));
        var packet = new byte[172];
        long before = 0;
        for (var n = 0; n < 60; n++)
        {
            if (n == 10)
                before = GC.GetAllocatedBytesForCurrentThread();
            output.WriteAudioHeader(packet, 0, 160);
            session.Handle(packet, PbxSide.First, rtcp: false, phone, world.Clock.Advance(TimeSpan.FromMilliseconds(20)));
            if (session.Deadlines.IsDue(MediaDeadline.AudioToPbx, world.Clock.Now))
                session.HandleDeadline(world.Clock.Now);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
