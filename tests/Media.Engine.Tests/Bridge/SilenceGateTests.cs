using Media.Engine.Bridge;
using Testing;

namespace Media.Engine.Tests.Bridge;

public class SilenceGateTests
{
    private readonly SilenceGate _gate = new();
    private readonly SpeechGenerator _speech = new(8000);
    private readonly Random _random = new(1);

    [Fact]
    public void Silence_is_left_out_once_it_has_lasted_and_a_frame_of_it_is_sent_in_time()
    {
        Assert.All(Speak(50), use => Assert.Equal(FrameUse.Send, use));
        var uses = Rest(100, amplitude: 8);
        Assert.All(uses[..5], use => Assert.Equal(FrameUse.Send, use));
        Assert.Equal(FrameUse.Announce, uses[5]);
        Assert.Single(uses, FrameUse.Announce);
        var pause = 0;
        foreach (var use in uses[6..])
        {
            pause = use == FrameUse.LeaveOut ? pause + 20 : 0;
            Assert.InRange(pause, 0, 280);
        }
        Assert.InRange(uses[6..].Count(use => use == FrameUse.Send), 6, 8); // of 1.9 s
    }

    [Fact]
    public void Speech_after_silence_is_sent_from_its_first_frame()
    {
        Speak(50);
        Rest(100, amplitude: 8);
        Assert.True(_gate.IsPausing);
        Assert.Equal(FrameUse.Send, Speak(1)[0]);
        Assert.False(_gate.IsPausing);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(60)]
    [InlineData(150)] // -51 dB
    public void The_steady_noise_of_a_line_is_silence(int amplitude)
    {
        Speak(50);
        Assert.InRange(Rest(200, amplitude).Count(use => use == FrameUse.Send), 10, 30);
    }

    [Fact]
    public void Loud_noise_is_sent_however_steady()
    {
        Speak(50);
        Assert.DoesNotContain(FrameUse.LeaveOut, Rest(500, amplitude: 300));
    }

    [Fact]
    public void Soft_speech_beside_a_noisy_line_is_sent()
    {
        Rest(500, amplitude: 100);
        var frame = new short[160];
        for (var n = 0; n < 50; n++)
        {
            _speech.Fill(frame);
            for (var i = 0; i < frame.Length; i++)
                frame[i] = (short)(frame[i] / 16 + _random.Next(-100, 101)); // 24 dB down
            Assert.Equal(FrameUse.Send, _gate.Handle(frame, 20));
        }
    }

    [Fact]
    public void Time_without_frames_counts_to_the_pause()
    {
        Speak(50);
        Rest(7, amplitude: 0);
        _gate.Pass(300);
        Assert.Equal(FrameUse.Send, Rest(1, amplitude: 0)[0]);
    }

    private FrameUse[] Speak(int frames) => Handle(frames, _speech.Fill);

    private FrameUse[] Rest(int frames, int amplitude) => Handle(frames, frame =>
    {
        foreach (ref var sample in frame)
            sample = (short)_random.Next(-amplitude, amplitude + 1);
    });

    private FrameUse[] Handle(int frames, Action<Span<short>> fill)
    {
        var (frame, uses) = (new short[160], new FrameUse[frames]);
        for (var n = 0; n < frames; n++)
        {
            fill(frame);
            uses[n] = _gate.Handle(frame, 20);
        }
        return uses;
    }
}
