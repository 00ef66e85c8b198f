using System.Diagnostics;
using System.Text.Json;
using Testing;
using Testing.Peers;

namespace Demo;

/// <summary>The two calls, one each way, with a tone of its own at each end.</summary>
internal sealed class DemoCalls(WhatsAppUser user, Baresip phone, CallRecords records, DemoSettings settings)
{
    private const double FirstUserTone = 1000;
    private const double SecondUserTone = 1300;

    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HearingTimeout = TimeSpan.FromSeconds(12);

    /// <summary>RTCP and the quality figures need a few seconds of talk.</summary>
    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(6);

    public async Task<CallReport> InboundAsync(CancellationToken stop)
    {
        var id = await user.CallAsync(FirstUserTone, stop);
        var incoming = await PhoneSeesAsync("CALL_INCOMING", stop);
        await phone.CommandAsync("accept", "", stop);
        await PhoneSeesAsync("CALL_ESTABLISHED", stop);
        var (atWhatsApp, atPbx) = await TalkAsync(id, FirstUserTone, stop);
        await user.HangUpAsync(id, stop);
        await PhoneSeesAsync("CALL_CLOSED", stop);
        return new CallReport(
            "Call 1: the WhatsApp user calls, the desk phone answers, the user hangs up",
            $"the desk phone \"{DemoSettings.Agent}\", showing {Caller(incoming)}", atWhatsApp, atPbx,
            await records.WaitForAsync(id, stop));
    }

    public async Task<CallReport> OutboundAsync(CancellationToken stop)
    {
        await phone.CommandAsync("dial", $"sip:+{DemoSettings.UserPhone}@127.0.0.1:{settings.Ports.Sip}", stop);
        var id = await Waiting.ForAsync("WhatsApp to ring", StepTimeout, () => user.FindRingingAsync(stop), stop);
        await user.SendToneAsync(id, SecondUserTone, stop);
        await user.AnswerAsync(id, stop);
        await PhoneSeesAsync("CALL_ESTABLISHED", stop);
        var (atWhatsApp, atPbx) = await TalkAsync(id, SecondUserTone, stop);
        await phone.CommandAsync("hangup", "", stop);
        return new CallReport(
            "Call 2: the desk phone dials, the WhatsApp user answers, the desk phone hangs up",
            $"the WhatsApp of {DemoSettings.UserName} (+{DemoSettings.UserPhone})", atWhatsApp, atPbx,
            await records.WaitForAsync(id, stop));
    }

    private async Task<(Hearing AtWhatsApp, Hearing AtPbx)> TalkAsync(string id, double userTone, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var (hertz, failure) = await user.ListenAsync(id, stop);
            var atWhatsApp = new Hearing(phone.Options.ToneHertz, hertz, failure);
            var atPbx = new Hearing(userTone, ToneAtPhone());
            var elapsed = Stopwatch.GetElapsedTime(began);
            if (elapsed > Talk && atWhatsApp.IsRight && atPbx.IsRight || elapsed > HearingTimeout)
                return (atWhatsApp, atPbx);
            await Task.Delay(TimeSpan.FromMilliseconds(250), stop);
        }
    }

    /// <summary>The steady tone of the last half second that the phone recorded.</summary>
    private double? ToneAtPhone()
    {
        var meter = new ToneMeter(8000);
        meter.Listen(phone.Heard());
        return meter.Hertz();
    }

    private async Task<JsonElement> PhoneSeesAsync(string happening, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(StepTimeout);
        try
        {
            return await phone.WaitForAsync(happening, timeout.Token);
        }
        catch (TimeoutException)
        {
            stop.ThrowIfCancellationRequested();
            throw new DemoException($"The desk phone saw no {happening} within {StepTimeout.TotalSeconds:0} s.");
        }
    }

    private static string Caller(JsonElement incoming)
    {
        var uri = incoming.TryGetProperty("peeruri", out var peer) ? peer.GetString() : "nobody";
        return incoming.TryGetProperty("peerdisplayname", out var name)
            && name.GetString() is { Length: > 0 } text ? $"{text} <{uri}>" : uri!;
    }
}
