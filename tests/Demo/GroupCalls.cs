using System.Diagnostics;

namespace Demo;

/// <summary>
/// The two calls to the group. All phones ring for the first caller, and one answers; the other two agents go away, so that the second
/// caller waits until the one is free.
/// </summary>
/// <param name="first">The first caller.</param>
/// <param name="second">The caller who waits.</param>
/// <param name="phones">The agents' phones.</param>
/// <param name="records">The call records.</param>
internal sealed class GroupCalls(WhatsAppUser first, WhatsAppUser second, IReadOnlyList<DeskPhone> phones, CallRecords records)
{
    private const double FirstUserTone = 1100;
    private const double SecondUserTone = 1400;

    /// <summary>The level above which something is heard, in dBov.</summary>
    private const double Audible = -45;

    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(3), Wait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MusicTimeout = TimeSpan.FromSeconds(12);

    private readonly DeskPhone _answering = phones[1];
    private readonly DeskPhone[] _others = [.. phones.Where((_, place) => place != 1)];

    public async Task<CallReport[]> RunAsync(CancellationToken stop)
    {
        await Task.WhenAll(phones.Select(phone => phone.DialCodeAsync("*11", stop)));
        var id = await first.CallAsync(FirstUserTone, stop, DemoGroup.Button);
        await Task.WhenAll(phones.Select(phone => phone.SeesAsync("CALL_INCOMING", stop)));
        await _answering.PickUpAsync(stop);
        await Task.WhenAll(_others.Select(phone => phone.SeesAsync("CALL_CLOSED", stop)));
        var talk = await _answering.TalkAsync(first, id, FirstUserTone, Talk, stop);
        await Task.WhenAll(_others.Select(phone => phone.DialCodeAsync("*12", stop)));

        var waitingId = await second.CallAsync(SecondUserTone, stop, DemoGroup.Button);
        var music = await MusicAsync(waitingId, stop);
        await first.HangUpAsync(id, stop);
        var caller = await _answering.AnswerAsync(stop);
        var afterWait = await _answering.TalkAsync(second, waitingId, SecondUserTone, Talk, stop);
        await second.HangUpAsync(waitingId, stop);
        await _answering.SeesAsync("CALL_CLOSED", stop);
        var names = string.Join(", ", phones.Select(phone => $"\"{phone.Name}\""));
        return
        [
            new CallReport(
                $"Call 3: a user taps the button \"{DemoGroup.Button}\", three phones ring, the second answers",
                $"the phones {names} at once", talk.AtWhatsApp, talk.AtPbx, await records.WaitForAsync(id, stop)),
            new CallReport(
                $"Call 4: another user taps it while that agent talks and the others are away (*12), and waits",
                $"the phone \"{_answering.Name}\" as soon as call 3 was over, showing {caller}", afterWait.AtWhatsApp, afterWait.AtPbx,
                await records.WaitForAsync(waitingId, stop)) { Music = music },
        ];
    }

    /// <summary>Listens until music was heard for a while without a pause; null: it was not, in time.</summary>
    private async Task<string?> MusicAsync(string id, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        long? since = null;
        while (Stopwatch.GetElapsedTime(began) < MusicTimeout)
        {
            var heard = await second.ListenAsync(id, stop);
            var isMusic = heard.LevelDb > Audible && !phones.Any(phone => new Hearing(phone.ToneHertz, heard.Hertz).IsRight);
            since = isMusic ? since ?? Stopwatch.GetTimestamp() : null;
            if (since is { } start && Stopwatch.GetElapsedTime(start) > Wait)
                return $"heard for {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, at {heard.LevelDb:0} dB of full scale";
            await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
        }
        return null;
    }
}
