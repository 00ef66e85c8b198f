using System.Diagnostics;
using System.Text.Json;
using Testing;
using Testing.Peers;

namespace Demo;

/// <summary>An agent's phone: baresip, which rings, answers and dials as it is told.</summary>
internal sealed class DeskPhone(Baresip phone)
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HearingTimeout = TimeSpan.FromSeconds(12);

    public string Name => phone.Options.User;

    public double ToneHertz => phone.Options.ToneHertz;

    public Task DoAsync(string command, string parameter, CancellationToken stop) => phone.CommandAsync(command, parameter, stop);

    public Task HangUpAsync(CancellationToken stop) => DoAsync("hangup", "", stop);

    /// <summary>Waits until it rings, picks up, and returns what it showed of the caller.</summary>
    public async Task<string> AnswerAsync(CancellationToken stop)
    {
        var incoming = await SeesAsync("CALL_INCOMING", stop);
        await PickUpAsync(stop);
        return Caller(incoming);
    }

    public async Task PickUpAsync(CancellationToken stop)
    {
        await DoAsync("accept", "", stop);
        await SeesAsync("CALL_ESTABLISHED", stop);
    }

    /// <summary>Dials a feature code: the gateway takes the call, beeps, and hangs up.</summary>
    public async Task DialCodeAsync(string code, CancellationToken stop)
    {
        await DoAsync("dial", code, stop);
        await SeesAsync("CALL_ESTABLISHED", stop);
        await SeesAsync("CALL_CLOSED", stop);
    }

    /// <summary>Answers every call until cancelled.</summary>
    public async Task AnswerAllAsync(CancellationToken stop)
    {
        while (true)
        {
            await phone.WaitForAsync("CALL_INCOMING", stop);
            await DoAsync("accept", "", stop);
        }
    }

    /// <summary>
    /// Lets user and agent talk for so long, and longer where one does not hear the other yet; returns what each has heard last.
    /// </summary>
    public async Task<(Hearing AtWhatsApp, Hearing AtPbx)> TalkAsync(
        WhatsAppUser user, string id, double userTone, TimeSpan length, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var heard = await user.ListenAsync(id, stop);
            var atWhatsApp = new Hearing(ToneHertz, heard.Hertz, heard.Failure);
            var atPbx = new Hearing(userTone, Hears());
            var elapsed = Stopwatch.GetElapsedTime(began);
            if (elapsed > length && atWhatsApp.IsRight && atPbx.IsRight || elapsed > HearingTimeout)
                return (atWhatsApp, atPbx);
            await Task.Delay(TimeSpan.FromMilliseconds(250), stop);
        }
    }

    /// <summary>Waits for an event, skipping others.</summary>
    public async Task<JsonElement> SeesAsync(string happening, CancellationToken stop)
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
            throw new DemoException($"The phone \"{Name}\" saw no {happening} within {StepTimeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>The steady tone of the last half second that the phone recorded.</summary>
    private double? Hears()
    {
        var meter = new ToneMeter(8000);
        meter.Listen(phone.Heard());
        return meter.Hertz();
    }

    private static string Caller(JsonElement incoming)
    {
        var uri = incoming.TryGetProperty("peeruri", out var peer) ? peer.GetString() : "nobody";
        return incoming.TryGetProperty("peerdisplayname", out var name)
            && name.GetString() is { Length: > 0 } text ? $"{text} <{uri}>" : uri!;
    }
}
