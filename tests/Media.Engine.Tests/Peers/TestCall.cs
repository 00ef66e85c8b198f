using System.Diagnostics;
using Media.Engine.Loop;
using Sandbox.Handsets;

namespace Media.Engine.Tests.Peers;

/// <summary>A WhatsApp handset, a call of the engine and a desk phone, connected.</summary>
internal sealed class TestCall : IAsyncDisposable
{
    private readonly List<MediaEvent> _events = [];

    private TestCall(MediaCall call, NativeHandset handset, PbxPhone phone) => (Call, Handset, Phone) = (call, handset, phone);

    public MediaCall Call { get; }

    public NativeHandset Handset { get; }

    public PbxPhone Phone { get; }

    /// <summary>The WhatsApp user calls, the phone answers, audio is open.</summary>
    public static async Task<TestCall> PlaceAsync(
        MediaEngine engine, PbxPhone? phone = null, NativeHandset? handset = null, PbxMediaProfile? profile = null, bool talk = true,
        Func<string, string>? answer = null)
    {
        Assert.True(engine.TryReserve(out var call));
        var test = new TestCall(call, handset ?? new NativeHandset(), phone ?? new PbxPhone());
        await test.Handset.ApplyAnswerAsync(
            Ok(await call.AnswerWhatsAppOfferAsync(await test.Handset.CreateOfferAsync(default)))!, default);
        profile ??= new PbxMediaProfile();
        var offer = Ok(await call.CreatePbxOfferAsync(profile));
        var answered = test.Phone.Answer(offer!);
        Ok(await call.ApplyPbxAnswerAsync(answer?.Invoke(answered) ?? answered, profile));
        if (talk)
            test.Phone.Talk();
        await test.WaitForAsync<MediaEvent.WhatsAppConnected>();
        await test.OpenAsync();
        return test;
    }

    public async Task OpenAsync()
    {
        await Handset.OpenAudioAsync(default);
        Call.OpenAudio();
    }

    public static string? Ok(SdpResult result)
    {
        Assert.True(result.Succeeded, $"{result.Refusal} {result.Detail}");
        return result.Sdp;
    }

    public Task<T> WaitForAsync<T>(Predicate<T>? condition = null)
        where T : MediaEvent => NextAsync(condition ?? (_ => true));

    /// <summary>Waits until <paramref name="condition"/> holds; fails after some seconds.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what, int seconds = 30)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds), "Never happened: " + what);
            await Task.Delay(20);
        }
    }

    /// <summary>Waits until the handset hears this tone.</summary>
    public Task HandsetHearsAsync(double hertz) =>
        UntilAsync(() => IsNear(Handset.ReportAsync(default).Result.ToneHertz, hertz), $"{hertz} Hz at the handset");

    public async Task PhoneHearsAsync(double hertz)
    {
        var heard = Phone.HearsAsync(hertz);
        await UntilAsync(() => heard.IsCompleted, $"{hertz} Hz at the phone");
    }

    public async ValueTask DisposeAsync()
    {
        await Call.ReleaseAsync();
        await Handset.DisposeAsync();
        Phone.Dispose();
    }

    private async Task<T> NextAsync<T>(Predicate<T> condition)
        where T : MediaEvent
    {
        if (_events.OfType<T>().FirstOrDefault(happened => condition(happened)) is { } earlier)
        {
            _events.Remove(earlier);
            return earlier;
        }
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var next = await Call.Events.ReadAsync(timeout.Token);
            if (next is T wanted && condition(wanted))
                return wanted;
            _events.Add(next);
        }
    }

    internal static bool IsNear(double? heard, double hertz) => heard is { } value && Math.Abs(value - hertz) < 12;
}
