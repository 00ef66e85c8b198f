using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Media.Engine;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Legs;

/// <summary>
/// The phones of one call: those that the user is connected with, and, while an agent asks somebody before handing the call over, those of
/// the target, on a pbx leg of their own. When the target gets the call its phones become the call's: the media changes sides, and neither
/// the target nor WhatsApp is told anything. Everything but <see cref="Find"/> is called by operations of the call's queue.
/// </summary>
/// <param name="first">The call's, to begin with.</param>
/// <param name="another">Makes those of a target.</param>
/// <param name="media">The call's.</param>
/// <param name="toAgent">What the agent hears of the target.</param>
/// <param name="call">Where inputs go.</param>
internal sealed class CallPhones(
    SipLegs first, Func<ICallInbox, PbxSide, SipLegs> another, CallMedia media, CallSounds toAgent, ICallInbox call)
{
    private readonly List<SipLegs> _all = [first];
    private volatile SipLegs _current = first;
    private volatile SipLegs? _target;
    private PbxSide _side;
    private int _number;

    /// <summary>The phones that the user is connected with, or that ring for the user.</summary>
    public SipLegs Current => _current;

    private PbxSide OtherSide => _side == PbxSide.First ? PbxSide.Second : PbxSide.First;

    /// <summary>From any thread: whose phone the call is; null: none's that is not given up.</summary>
    public SipLegs? Find(SipCall sip) => _current.Owns(sip) ? _current : _target is { } target && target.Owns(sip) ? target : null;

    /// <summary>The phones of this consultation's target; null: it is over.</summary>
    public SipLegs? TargetOf(int number) => number == _number ? _target : null;

    public async Task BeginConsultationAsync(int number)
    {
        _number = number;
        _target = another(new ConsultationInbox(number, call), OtherSide);
        _target.IsConsulting = true;
        _all.Add(_target);
        await _current.BeginConsultationAsync();
        media.Consult();
    }

    /// <summary>User and target hear each other; the agent's phone is hung up.</summary>
    public async Task CompleteConsultationAsync(int number)
    {
        if (TargetOf(number) is not { } target)
            return;
        var agent = _current;
        (_current, _target, _side) = (target, null, OtherSide);
        target.IsConsulting = false;
        toAgent.Stop();
        await media.ConnectPbxAsync(_side); // before the BYE, so that nothing comes after it
        await agent.HangUpAgentAsync(SipReason.Q850(16, "Transferred"));
    }

    /// <summary>User and agent hear each other; what is left of the target's phones is hung up.</summary>
    public async Task CancelConsultationAsync(int number)
    {
        if (TargetOf(number) is not { } target)
            return;
        _target = null;
        _current.IsConsulting = false;
        toAgent.Stop();
        await media.ConnectPbxAsync(_side);
        await target.HangUpAsync(HangupCause.NoAnswer);
    }

    /// <summary>Ends all phones of the call.</summary>
    public async Task HangUpAsync(HangupCause cause)
    {
        await _current.HangUpAsync(cause);
        if (_target is { } target)
            await target.HangUpAsync(cause);
    }

    /// <summary>The dialog of the agent, for another node to go on with; null: now it cannot.</summary>
    public Task<SipSessionSnapshot?> SaveAsync() => _target is null ? _current.SaveAsync() : Task.FromResult<SipSessionSnapshot?>(null);

    /// <summary>Forgets all phones of the call, silently; those that ring are cancelled.</summary>
    public Task AbandonAsync() => Task.WhenAll(_all.Select(phones => phones.AbandonAsync()));

    /// <summary>Completes when the call is over at an agent's phones that were hung up by now.</summary>
    public Task EndedAsync(AgentId agent) => Task.WhenAll(_all.Select(phones => phones.Ends.OfAsync(agent)));

    /// <summary>A key of the user's that no telephone-event carries; while the phones' agent asks somebody, for the call alone.</summary>
    public Task CarryKeyAsync(char digit, TimeSpan duration)
    {
        if (_target is null)
            return _current.CarryKeyAsync(digit, duration);
        call.Post(new CallInput.DigitPressed(CallLeg.WhatsApp, digit, duration));
        return Task.CompletedTask;
    }

    /// <summary>The dialogs that end the call at the PBX when this process dies: the agent's, and those of whom the agent asks.</summary>
    public async Task<IReadOnlyList<SipDialogSnapshot>> SnapshotAsync()
    {
        var current = await _current.SnapshotAsync();
        var target = _target is { } asked ? await asked.SnapshotAsync() : [];
        return [.. current, .. target];
    }

    /// <summary>What a target's phones report goes to the call under the number of the consultation.</summary>
    private sealed class ConsultationInbox(int number, ICallInbox call) : ICallInbox
    {
        public bool Post(CallInput input) => call.Post(new CallInput.OfConsultation(number, input));
    }
}
