using Gateway.Calls;
using Gateway.Calls.Rules;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Legs;

/// <summary>
/// One phone of the PBX that rings, has answered or has called: its dialog, signalling only. It has one reader, which posts to the call's
/// queue.
/// </summary>
/// <param name="sip">Its dialog.</param>
/// <param name="trunk">The way to it.</param>
/// <param name="attempt">The ringing that it is part of: the phones of one agent ring as one.</param>
internal sealed class SipLeg(SipCall sip, PbxTrunk trunk, int attempt)
{
    public int Attempt => attempt;

    /// <summary>Whose phone it was rung as; null: nobody's that the gateway knows.</summary>
    public AgentId? Agent { get; init; }

    public SipCall Sip => sip;

    public PbxTrunk Trunk => trunk;

    /// <summary>Who is at this phone, as the PBX says; a registered phone is its user's, whatever it says.</summary>
    public string NameOf(SipParty? announced) => sip.Info.Phone ?? announced?.User ?? sip.Info.TargetUser;

    /// <summary>Our SDP of the 200 that an INVITE of the PBX will get; null until it is made.</summary>
    public string? Answer { get; set; }

    /// <summary>
    /// Reads what happens on the dialog to its end. Each event is handled as an operation of the queue, and the next one is read after
    /// that: a peer that floods is held up in its own dialog. Host names are looked up before, so that the call does not wait for a name
    /// server.
    /// </summary>
    public async Task PumpAsync(OperationQueue operations, Func<SipLeg, SipCallEvent, Task> handle)
    {
        await foreach (var happened in sip.Events.ReadAllAsync())
        {
            var resolved = PbxDescriptions.ResolveAsync(happened);
            await Task.WhenAny(resolved);
            await operations.Add(async () => await handle(this, await resolved)); // a failure of the look-up too is the operation's
        }
    }

    /// <summary>Announces to the PBX that the user's phone rings: by its own tone, or by ours where the trunk says so.</summary>
    public Task RingAsync() => trunk.EarlyRingback && Answer is not null ? sip.ProvisionalAsync(183, Answer) : sip.ProvisionalAsync(180);

    public Task AnswerAsync() => sip.AnswerAsync(Answer!);

    public Task RefuseAsync(PbxRefusal refusal) => sip.RejectAsync(
        refusal.Status, refusal.Text, SipReason.Sip(refusal.Status, refusal.Text), RefusalHeaders.Of(refusal));

    public Task HangUpAsync(HangupCause cause) => sip.HangUpAsync(SipReason.Q850(CauseTable.Q850(cause), cause.ToString()));

    /// <summary>Ends the ringing of a phone where another one has answered: it shows no missed call (RFC 3326 §3.1).</summary>
    public Task CompleteElsewhereAsync() => sip.HangUpAsync(SipReason.Sip(200, "Call completed elsewhere"));

    /// <summary>
    /// The way in which a key reaches this PBX, which agreed to no telephone-event: as the trunk says, else as the PBX says that it can.
    /// </summary>
    public DtmfFallback WayOfKeys =>
        trunk.Digits != DtmfFallback.Auto ? trunk.Digits : sip.AllowsInfo ? DtmfFallback.Info : DtmfFallback.Inband;
}
