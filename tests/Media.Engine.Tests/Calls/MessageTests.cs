using Media.Engine.Audio;
using Media.Engine.Loop;
using Media.Engine.Tests.Peers;
using Media.Protocols.Primitives;
using Sandbox.Handsets;
using Testing;
using Testing.Peers;

namespace Media.Engine.Tests.Calls;

/// <summary>A user whom nobody answers: hears a clip, leaves a message, hangs up. Over real sockets; there is no phone.</summary>
public class MessageTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task A_user_hears_a_clip_leaves_a_message_and_hangs_up()
    {
        Assert.True(fixture.Engine.TryReserve(out var call));
        await using var handset = new NativeHandset();
        var path = Path.GetTempFileName();
        await handset.ApplyAnswerAsync(
            TestCall.Ok(await call.AnswerWhatsAppOfferAsync(await handset.CreateOfferAsync(default)))!, default);
        await NextAsync<MediaEvent.WhatsAppConnected>(call);
        await handset.OpenAudioAsync(default);
        call.OpenAudio();
        var greeting = call.Play(CallLeg.WhatsApp, [Tone(500)]);
        await TestCall.UntilAsync(() => handset.ReportAsync(default).Result.ToneHertz is > 490 and < 510, "500 Hz at the handset");
        Assert.Equal(greeting, (await NextAsync<MediaEvent.PlayEnded>(call)).Id);

        var message = call.Record(CallLeg.WhatsApp, File.Create(path), new() { SampleRate = 8000 });
        await TestCall.UntilAsync(() => new FileInfo(path).Length > 2 * 16000, "two seconds in the file");
        await call.ReleaseAsync();
        var ended = await NextAsync<MediaEvent.RecordingEnded>(call);
        Assert.Equal((message, CallLeg.WhatsApp, RecordingEnd.CallEnded), (ended.Id, ended.Leg, ended.Reason));
        var samples = WaveFile.Read(path);
        Assert.Equal(samples.Length / 8000.0, ended.Duration.TotalSeconds, 3);
        var meter = new ToneMeter(8000);
        meter.Listen(samples);
        Assert.InRange(meter.Hertz()!.Value, 990, 1010);
        File.Delete(path);
        Assert.Throws<ArgumentException>(() => call.Record(CallLeg.WhatsApp, Stream.Null, new() { SampleRate = 1 }));
    }

    private static AudioClip Tone(double hertz)
    {
        var (narrow, wide) = (new short[16000], new short[32000]);
        new ToneGenerator(hertz, 8000).Fill(narrow);
        new ToneGenerator(hertz, 16000).Fill(wide);
        return new AudioClip("greeting", narrow, wide);
    }

    private static async Task<T> NextAsync<T>(MediaCall call)
        where T : MediaEvent
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
            if (await call.Events.ReadAsync(timeout.Token) is T wanted)
                return wanted;
    }
}
