using Media.Engine.Bridge;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>A message of a caller who has no pbx leg. The user at WhatsApp is the other session, whose phone sounds 1000 Hz.</summary>
public sealed class RecordingTests : IDisposable
{
    private SessionWorld _world = new(1);

    [Theory]
    [InlineData(0, 16000)]
    [InlineData(0.1, 16000)]
    [InlineData(0.1, 8000)]
    public void A_message_is_as_long_as_it_took_and_sounds_like_it_whatever_is_lost(double loss, int rate)
    {
        _world = new SessionWorld(3, loss);
        var sink = Record(new() { SampleRate = rate });
        _world.Run(TimeSpan.FromSeconds(20));
        _world.Caller.Session.StopRecording(CallLeg.WhatsApp);
        Assert.Equal(RecordingEnd.Stopped, sink.Reason);
        Assert.InRange(sink.Samples.Count / (double)rate, 19.8, 20.1);
        var detector = new ToneDetector(1000, rate);
        detector.Listen(sink.Samples.ToArray());
        // Each 100 ms; where more than a copy is lost the tone breaks: at 10 % libopus 1.3 leaves 164 of 200 clean, 1.5 leaves 138.
        Assert.InRange(detector.ToneBlocks, 196 - loss * 700, 201);
        Assert.Equal(0, detector.SilentBlocks);
    }

    [Fact]
    public void Where_nothing_arrives_the_file_goes_on_in_silence_and_keeps_time()
    {
        var sink = Record(new());
        _world.Run(TimeSpan.FromSeconds(3));
        _world.Internet.Passes = datagram => datagram.From != _world.Callee.Port.Shared || datagram.Bytes[0] >> 6 != 2;
        _world.Run(TimeSpan.FromSeconds(4));
        Assert.InRange(sink.Samples.Count / 16000.0, 6.5, 7.05);
        _world.Internet.Passes = _ => true;
        _world.Run(TimeSpan.FromSeconds(3));
        Assert.InRange(sink.Samples.Count / 16000.0, 9.8, 10.05);
        var detector = new ToneDetector(1000, 16000);
        detector.Listen(sink.Samples.Take(29 * 1600).ToArray());
        Assert.InRange(detector.ToneBlocks, 27, 29);
        detector = new ToneDetector(1000, 16000);
        detector.Listen(sink.Samples.Skip(32 * 1600).Take(37 * 1600).ToArray());
        Assert.InRange(detector.SilentBlocks, 36, 37);
        detector = new ToneDetector(1000, 16000);
        detector.Listen(sink.Samples.Skip(71 * 1600).ToArray());
        Assert.True(detector.ToneBlocks >= 26, $"{detector.ToneBlocks}");
    }

    [Fact]
    public void A_user_who_never_says_anything_leaves_silence()
    {
        Connect();
        _world.Internet.Passes = datagram => datagram.From != _world.Callee.Port.Shared || datagram.Bytes[0] >> 6 != 2;
        _world.Run(TimeSpan.FromMilliseconds(200)); // what was under way has arrived
        var sink = Start(new() { EndSilence = TimeSpan.FromSeconds(4) });
        _world.RunUntil(() => sink.Reason is not null, TimeSpan.FromSeconds(5), "ended by silence");
        Assert.Equal(RecordingEnd.Silence, sink.Reason);
        Assert.InRange(sink.Samples.Count / 16000.0, 4, 4.4);
        Assert.All(sink.Samples, sample => Assert.Equal(0, sample));
    }

    [Fact]
    public void Silence_after_speech_ends_a_message()
    {
        var sink = Record(new() { EndSilence = TimeSpan.FromSeconds(2) });
        _world.Run(TimeSpan.FromSeconds(5));
        Assert.Null(sink.Reason);
        _world.Callee.Phone.FallSilent(); // the other session sends silence
        _world.RunUntil(() => sink.Reason is not null, TimeSpan.FromSeconds(4), "ended by silence");
        Assert.Equal(RecordingEnd.Silence, sink.Reason);
        Assert.InRange(sink.Samples.Count / 16000.0, 7, 8);
    }

    [Fact]
    public void A_key_that_is_named_ends_a_message_and_others_do_not()
    {
        var sink = Record(new() { EndKeys = "#" });
        _world.Callee.Phone.Press("1");
        _world.Run(TimeSpan.FromSeconds(2));
        Assert.Null(sink.Reason);
        _world.Callee.Phone.Press("#");
        _world.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(RecordingEnd.Key, sink.Reason);
        Assert.Equal("1#", _world.Caller.DigitsFrom(CallLeg.WhatsApp));
    }

    [Fact]
    public void A_message_is_no_longer_than_it_may_be()
    {
        var sink = Record(new() { MaxLength = TimeSpan.FromSeconds(4) });
        _world.Run(TimeSpan.FromSeconds(6));
        Assert.Equal(RecordingEnd.Length, sink.Reason);
        Assert.InRange(sink.Samples.Count / 16000.0, 4, 4.121);
    }

    [Fact]
    public void A_sink_that_takes_no_more_ends_the_message_and_nothing_else()
    {
        var sink = Record(new());
        sink.HasRoom = false;
        _world.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(RecordingEnd.WriterTooSlow, sink.Reason);
        Assert.False(_world.Caller.Session.IsOver);
        Assert.DoesNotContain(_world.Caller.Events, happened => happened is MediaEvent.Failed);
    }

    [Fact]
    public void The_end_of_the_call_and_another_recording_end_a_message()
    {
        var first = Record(new());
        _world.Run(TimeSpan.FromSeconds(1));
        var second = Start(new());
        Assert.Equal(RecordingEnd.Stopped, first.Reason);
        _world.Run(TimeSpan.FromSeconds(1));
        _world.Caller.Session.Release(_world.Clock.Now);
        Assert.Equal(RecordingEnd.CallEnded, second.Reason);
        Assert.InRange(second.Samples.Count / 16000.0, 0.8, 1.05);
    }

    [Fact]
    public void A_user_who_hangs_up_ends_a_message()
    {
        var sink = Record(new());
        _world.Run(TimeSpan.FromSeconds(1));
        _world.Callee.Session.Release(_world.Clock.Now);
        _world.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(RecordingEnd.CallEnded, sink.Reason);
    }

    /// <summary>G.711 has 8 kHz; the file has what was asked for.</summary>
    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    public void The_phone_of_a_bridged_call_is_recorded_too_and_the_call_goes_on(int rate)
    {
        _world.Connect();
        _world.Run(TimeSpan.FromSeconds(1));
        var sink = new Sink();
        _world.Caller.Session.Record(CallLeg.Pbx, new() { SampleRate = rate }, sink, _world.Clock.Now);
        _world.Run(TimeSpan.FromSeconds(3));
        var meter = new ToneMeter(rate);
        meter.Listen(sink.Samples.ToArray());
        Assert.InRange(meter.Hertz()!.Value, 598, 602);
        Assert.InRange(sink.Samples.Count / (double)rate, 2.9, 3.05);
        Assert.InRange(_world.Callee.Phone.Meter.Hertz()!.Value, 590, 610);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Empty(new AudioRecordingOptions { EndSilence = TimeSpan.FromSeconds(3), EndKeys = "*#" }.Validate());
        Assert.Equal(5, new AudioRecordingOptions
        {
            SampleRate = 44100, MaxLength = TimeSpan.FromMilliseconds(1), EndSilence = TimeSpan.Zero, SilenceDb = double.NaN, EndKeys = "x",
        }.Validate().Count);
    }

    public void Dispose() => _world.Dispose();

    private void Connect()
    {
        _world.Connect(isCallerAlone: true);
        _world.Run(TimeSpan.FromSeconds(1));
    }

    private Sink Record(AudioRecordingOptions options)
    {
        Connect();
        return Start(options);
    }

    private Sink Start(AudioRecordingOptions options)
    {
        var sink = new Sink();
        _world.Caller.Session.Record(CallLeg.WhatsApp, options, sink, _world.Clock.Now);
        return sink;
    }

    private sealed class Sink : IRecordingSink
    {
        public List<short> Samples { get; } = [];

        public RecordingEnd? Reason { get; private set; }

        public bool HasRoom { get; set; } = true;

        public bool TryWrite(ReadOnlySpan<short> samples)
        {
            Assert.Null(Reason);
            if (HasRoom)
                Samples.AddRange(samples);
            return HasRoom;
        }

        public void Complete(RecordingEnd reason)
        {
            Assert.Null(Reason);
            Reason = reason;
        }
    }
}
