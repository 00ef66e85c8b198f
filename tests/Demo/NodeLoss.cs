using System.Diagnostics;

namespace Demo;

/// <summary>A gateway is killed in the middle of a call: another one goes on with it, and takes the next call.</summary>
internal sealed class NodeLoss(WhatsAppUser user, DeskPhone phone, CallRecords records)
{
    /// <summary>Other than before: it came after the kill.</summary>
    private const double Tone = 1200, ToneAfter = 1500;

    /// <summary>Packets that no node can have sent before it was killed.</summary>
    private const int Anew = 10;

    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(3), HearingTimeout = TimeSpan.FromSeconds(12);

    /// <summary>The call, with what became of it.</summary>
    /// <param name="kill">Kills the node of this id.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task<CallReport> RunAsync(Func<string, Task> kill, CancellationToken stop)
    {
        var id = await user.CallAsync(Tone, stop);
        var caller = await phone.AnswerAsync(stop);
        var (atWhatsApp, atPbx) = await phone.TalkAsync(user, id, Tone, Talk, stop);
        if (!atWhatsApp.IsRight || !atPbx.IsRight)
            throw new DemoException("The call before the loss of a node was not heard at both ends.");
        var node = await records.NodeOfAsync(id, stop);
        await kill(node);
        var killed = Stopwatch.StartNew();
        var next = await records.NodeOfAsync(id, stop, before: node);
        await user.SendToneAsync(id, ToneAfter, stop);
        var packets = (await user.ListenAsync(id, stop)).Packets + Anew;
        await Waiting.ForAsync(
            "audio to come again", HearingTimeout,
            async () => (await user.ListenAsync(id, stop)).Packets > packets ? next : null, stop);
        await phone.TalkAsync(user, id, ToneAfter, TimeSpan.Zero, stop);
        var heard = killed.Elapsed;
        (atWhatsApp, atPbx) = await phone.TalkAsync(user, id, ToneAfter, Talk, stop);
        await user.HangUpAsync(id, stop);
        await phone.SeesAsync("CALL_CLOSED", stop);
        return new CallReport(
            $"Call 5: {node} is killed (kill -9) in the middle of the call, and {next} goes on with it:\n"
                + $"heard at both ends again {heard.TotalSeconds:0.0} s after the kill, until the user hangs up",
            $"the desk phone \"{phone.Name}\", showing {caller}", atWhatsApp, atPbx, await records.WaitForAsync(id, stop));
    }

    /// <summary>The next call.</summary>
    public async Task<CallReport> CallAgainAsync(CancellationToken stop)
    {
        var id = await user.CallAsync(Tone, stop);
        var caller = await phone.AnswerAsync(stop);
        var (atWhatsApp, atPbx) = await phone.TalkAsync(user, id, Tone, Talk, stop);
        await user.HangUpAsync(id, stop);
        await phone.SeesAsync("CALL_CLOSED", stop);
        return new CallReport(
            "Call 6: the same user calls again, and the desk phone answers", $"the desk phone \"{phone.Name}\", showing {caller}",
            atWhatsApp, atPbx, await records.WaitForAsync(id, stop));
    }
}
