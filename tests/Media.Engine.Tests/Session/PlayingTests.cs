using Media.Engine.Audio;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>
/// Clips that one leg of a call hears, whether or not the other leg exists. The user at WhatsApp is the other session: its phone hears what
/// the user would.
/// </summary>
public sealed class PlayingTests : IDisposable
{
    private readonly SessionWorld _world = new(1);
    private readonly List<SentHeader> _sent = [];

    private readonly record struct SentHeader(Instant At, Ssrc Ssrc, SequenceNumber Sequence, RtpTimestamp Timestamp);

    private long[] Ended => [.. _world.Caller.Events.OfType<MediaEvent.PlayEnded>().Select(ended => ended.Id)];

    [Fact]
    public void A_caller_without_a_pbx_leg_hears_a_list_in_order_and_then_silence()
    {
        Alone();
        Play(CallLeg.WhatsApp, 7, AudioRepeat.None, Tone(500), Tone(700));
        Hears(_world.Callee.Phone, 500);
        Assert.Empty(Ended);
        Hears(_world.Callee.Phone, 700);
        _world.RunUntil(() => Ended.Length > 0, TimeSpan.FromSeconds(2), "ended");
        Assert.Equal([7L], Ended);
        _world.Run(TimeSpan.FromSeconds(2));
        Assert.Null(_world.Callee.Phone.Meter.Hertz());
        Assert.Equal([7L], Ended);
    }

    [Fact]
    public void Another_list_takes_the_place_of_the_first_which_does_not_end()
    {
        Alone();
        Play(CallLeg.WhatsApp, 1, AudioRepeat.None, Tone(500), Tone(600));
        Hears(_world.Callee.Phone, 500);
        Play(CallLeg.WhatsApp, 2, AudioRepeat.Last, Tone(700), Tone(800));
        Hears(_world.Callee.Phone, 700);
        Hears(_world.Callee.Phone, 800);
        _world.Run(TimeSpan.FromSeconds(10));
        Hears(_world.Callee.Phone, 800);
        _world.Caller.Session.Play(CallLeg.WhatsApp, null, _world.Clock.Now);
        _world.Run(TimeSpan.FromSeconds(2));
        Assert.Null(_world.Callee.Phone.Meter.Hertz());
        Assert.Empty(Ended);
    }

    [Fact]
    public void A_call_without_a_pbx_leg_hears_keys_reports_and_is_not_one_way()
    {
        Alone();
        Play(CallLeg.WhatsApp, 1, AudioRepeat.All, BuiltInClips.HoldMusic);
        _world.Run(TimeSpan.FromSeconds(5));
        _world.Callee.Phone.Press("42#");
        _world.Run(TimeSpan.FromSeconds(40));
        Assert.Equal("42#", _world.Caller.DigitsFrom(CallLeg.WhatsApp));
        Assert.All(_world.Caller.Events.OfType<MediaEvent.DigitReceived>(), key => Assert.False(key.WasPassed));
        Assert.DoesNotContain(_world.Caller.Events, happened => happened is MediaEvent.MediaTimeout or MediaEvent.Failed);
        Assert.InRange(_world.Caller.Quality.WhatsApp.RoundTripMs!.Value, 80, 115);
        var quality = _world.Caller.Session.Release(_world.Clock.Now);
        Assert.Equal((0, 0L), (quality.Pbx.Timeouts, quality.Pbx.PacketsReceived));
        Assert.False(quality.Pbx.IsOneWay || quality.WhatsApp.IsOneWay);
    }

    [Fact]
    public void The_stream_goes_on_as_one_when_a_phone_answers()
    {
        Alone();
        Watch();
        Play(CallLeg.WhatsApp, 1, AudioRepeat.All, Tone(500));
        _world.Run(TimeSpan.FromSeconds(5));
        _world.AddPhone(_world.Caller);
        _world.Caller.Phone.Talk(_world.Clock.Now);
        _world.Run(TimeSpan.FromSeconds(2));
        Hears(_world.Callee.Phone, 500); // until it is told otherwise
        _world.Caller.Session.Play(CallLeg.WhatsApp, null, _world.Clock.Now);
        Hears(_world.Callee.Phone, 600);
        Hears(_world.Caller.Phone, 1000);
        Play(CallLeg.WhatsApp, 2, AudioRepeat.All, Tone(500));
        Hears(_world.Callee.Phone, 500);
        _world.Caller.Session.Play(CallLeg.WhatsApp, null, _world.Clock.Now);
        Hears(_world.Callee.Phone, 600);
        IsOneStream();
    }

    [Fact]
    public void An_agent_on_hold_hears_music_while_the_user_hears_nothing_of_it()
    {
        _world.Connect();
        _world.Run(TimeSpan.FromSeconds(2));
        Play(CallLeg.Pbx, 3, AudioRepeat.All, Tone(500));
        Play(CallLeg.WhatsApp, 4, AudioRepeat.None, Tone(800));
        Hears(_world.Caller.Phone, 500);
        _world.RunUntil(() => Ended.Length > 0, TimeSpan.FromSeconds(3), "ended");
        Hears(_world.Callee.Phone, 600); // its treatment again, which is the live audio
        Hears(_world.Caller.Phone, 500);
        _world.Caller.Session.Play(CallLeg.Pbx, null, _world.Clock.Now);
        Hears(_world.Caller.Phone, 1000);
        Assert.Equal([4L], Ended);
    }

    [Fact]
    public void A_packet_of_a_clip_allocates_nothing()
    {
        Alone();
        Play(CallLeg.WhatsApp, 1, AudioRepeat.All, Tone(500));
        _world.Run(TimeSpan.FromSeconds(5)); // all of it is encoded, and everything compiled
        _world.Caller.Port.IsMuted = true;
        var session = _world.Caller.Session;
        long before = 0;
        for (var n = 0; n < 40; n++)
        {
            if (n == 10)
                before = GC.GetAllocatedBytesForCurrentThread();
            session.HandleDeadline(_world.Clock.Advance(TimeSpan.FromMilliseconds(20)));
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    public void Dispose() => _world.Dispose();

    private static AudioClip Tone(double hertz) => new($"{hertz} Hz", rate =>
    {
        var samples = new short[rate];
        new ToneGenerator(hertz, rate).Fill(samples);
        return samples;
    });

    private void Alone()
    {
        _world.Connect(isCallerAlone: true);
        _world.Run(TimeSpan.FromSeconds(1));
    }

    private void Play(CallLeg to, long id, AudioRepeat repeat, params AudioClip[] clips) =>
        _world.Caller.Session.Play(to, new Playlist(clips, repeat, id), _world.Clock.Now);

    private void Hears(WirePhone phone, double hertz) => _world.RunUntil(
        () => Math.Abs((phone.Meter.Hertz() ?? 0) - hertz) < 10, TimeSpan.FromSeconds(5), $"{hertz} Hz heard");

    private void Watch() => _world.Internet.Passes = datagram =>
    {
        if (datagram.From == _world.Caller.Port.Shared && datagram.Bytes[0] >> 6 == 2 && (datagram.Bytes[1] & 0x7F) is < 64 or > 95
            && RtpPacketReader.TryRead(datagram.Bytes, out var packet))
            _sent.Add(new(_world.Clock.Now, packet.Ssrc, packet.SequenceNumber, packet.Timestamp));
        return true;
    };

    /// <summary>One source, every number of its sequence, and a clock that neither stands still nor jumps.</summary>
    private void IsOneStream()
    {
        Assert.True(_sent.Count > 300);
        Assert.Single(_sent.Select(sent => sent.Ssrc).Distinct());
        foreach (var (one, next) in _sent.Zip(_sent.Skip(1)))
        {
            Assert.Equal(one.Sequence.Next, next.Sequence);
            Assert.InRange(next.Timestamp.DistanceFrom(one.Timestamp) / 48, 20, 80);
            Assert.InRange((next.At - one.At).TotalMilliseconds, 0, 80);
        }
        var (first, last) = (_sent[0], _sent[^1]);
        var clock = last.Timestamp.DistanceFrom(first.Timestamp) / 48.0;
        Assert.InRange(clock - (last.At - first.At).TotalMilliseconds, -80, 80);
    }
}
