namespace Demo;

/// <summary>The two calls of one user and one desk phone, one each way, with a tone of its own at each end.</summary>
/// <param name="user">The WhatsApp user.</param>
/// <param name="phone">The desk phone.</param>
/// <param name="records">The call records.</param>
/// <param name="dialled">The node at which the desk phone dials.</param>
internal sealed class DemoCalls(WhatsAppUser user, DeskPhone phone, CallRecords records, DemoNode dialled)
{
    private const double FirstUserTone = 1000;
    private const double SecondUserTone = 1300;

    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(20);

    /// <summary>RTCP and the quality figures need a few seconds of talk.</summary>
    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(6);

    public async Task<CallReport> InboundAsync(CancellationToken stop)
    {
        var id = await user.CallAsync(FirstUserTone, stop);
        var caller = await phone.AnswerAsync(stop);
        var (atWhatsApp, atPbx) = await phone.TalkAsync(user, id, FirstUserTone, Talk, stop);
        await user.HangUpAsync(id, stop);
        await phone.SeesAsync("CALL_CLOSED", stop);
        return new CallReport(
            "Call 1: the WhatsApp user calls, the desk phone answers, the user hangs up",
            $"the desk phone \"{phone.Name}\", showing {caller}", atWhatsApp, atPbx, await records.WaitForAsync(id, stop));
    }

    public async Task<CallReport> OutboundAsync(CancellationToken stop)
    {
        await phone.DoAsync("dial", $"sip:+{user.Phone}@127.0.0.1:{dialled.Sip}", stop);
        var id = await Waiting.ForAsync("WhatsApp to ring", StepTimeout, () => user.FindRingingAsync(stop), stop);
        await user.SendToneAsync(id, SecondUserTone, stop);
        await user.AnswerAsync(id, stop);
        await phone.SeesAsync("CALL_ESTABLISHED", stop);
        var (atWhatsApp, atPbx) = await phone.TalkAsync(user, id, SecondUserTone, Talk, stop);
        await phone.HangUpAsync(stop);
        return new CallReport(
            "Call 2: the desk phone dials, the WhatsApp user answers, the desk phone hangs up",
            $"the WhatsApp of {DemoSettings.UserName} (+{user.Phone})", atWhatsApp, atPbx, await records.WaitForAsync(id, stop));
    }
}
