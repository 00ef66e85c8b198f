using System.Diagnostics;

namespace Demo;

/// <summary>A gateway is killed in the middle of a call: the others end what it left, and take the next call.</summary>
internal sealed class NodeLoss(WhatsAppUser user, DeskPhone phone, CallRecords records)
{
    private const double Tone = 1200;

    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(3);

    /// <summary>What became of the call.</summary>
    /// <param name="kill">Kills the node of this id.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task<string> RunAsync(Func<string, Task> kill, CancellationToken stop)
    {
        var id = await user.CallAsync(Tone, stop);
        await phone.AnswerAsync(stop);
        var (atWhatsApp, atPbx) = await phone.TalkAsync(user, id, Tone, Talk, stop);
        if (!atWhatsApp.IsRight || !atPbx.IsRight)
            throw new DemoException("The call before the loss of a node was not heard at both ends.");
        var node = await records.NodeOfAsync(id, stop);
        await kill(node);
        var killed = Stopwatch.StartNew();
        await phone.SeesAsync("CALL_CLOSED", stop);
        var ended = killed.Elapsed;
        var record = await records.WaitForAsync(id, stop);
        return $"""
            Call 5: {node} is killed (kill -9) in the middle of the call
              others     ended it at the desk phone {ended.TotalSeconds:0.0} s later
              ended      {record.Cause}
              charged    {(record.Charge is { } charge ? $"{charge.Amount} {charge.Currency}, up to its last sign of life" : "NOTHING")}

            """;
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
