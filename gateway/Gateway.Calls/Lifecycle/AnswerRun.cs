using Gateway.Calls.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// The way from the phones that a flow rings to the one that has the call: the first to answer wins, its agent is confirmed, and where it
/// is gone before it was connected the others have their chance.
/// </summary>
/// <param name="run">The flow.</param>
/// <param name="call">The call.</param>
/// <param name="name">Takes who has answered.</param>
/// <param name="connect">The winner is confirmed.</param>
internal sealed class AnswerRun(FlowRun run, IFlowCall call, Action<CallInput.PbxAnswered, Instant> name, Action<Instant> connect)
{
    private Winner? _winner;

    public FlowRun Run => run;

    public bool HasWinner => _winner is not null;

    /// <summary>A phone has answered, and its agent, where it is one of ours, is this call's.</summary>
    public bool IsConfirmed => _winner is { IsConfirmed: true };

    /// <summary>The agent who has answered, of ours; null: none that we know.</summary>
    public TakenAgent? Agent => _winner?.Agent;

    /// <summary>The phone is the one that has answered.</summary>
    public bool IsOf(int attempt) => _winner?.Attempt == attempt;

    public bool Handle(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.PbxAnswered answered when answered.By is null || _winner is null:
                TakeAnswer(answered, now);
                return true;

            case CallInput.AgentConfirmed confirmed when _winner is { IsConfirmed: false } winner && winner.Agent == confirmed.Agent:
                Confirm(winner, confirmed.IsOurs, now);
                return true;

            // Gone before the user could be connected: the phones that still ring have their chance.
            case CallInput.PbxEnded ended when IsOf(ended.Attempt):
                Lose(now);
                return true;

            case CallInput.PbxEnded { Attempt: > 0 } ended:
                return run.Handle(new CallInput.PbxRefused(480, null, ended.Attempt), now);

            default:
                return run.Handle(input, now);
        }
    }

    /// <summary>The winner is connected: the others stop ringing, and the agent is the caller's to give back.</summary>
    public TakenAgent? TakeWinner()
    {
        run.Release(isAnswered: true);
        var agent = _winner?.Agent;
        _winner = null;
        return agent;
    }

    /// <summary>The first phone wins; another that answers meanwhile is refused by the legs.</summary>
    private void TakeAnswer(CallInput.PbxAnswered answered, Instant now)
    {
        var picker = answered.By; // busy with this call already
        TakenAgent? rung = null;
        if (_winner is not null || picker is null && !run.TryAnswer(answered.Attempt, out rung))
            return;
        run.IsAnswered = true;
        _winner = new Winner(answered.Attempt, picker ?? rung, IsConfirmed: rung is null);
        name(answered, now);
        if (rung is { } taken)
            call.Decide(new CallDecision.ConfirmAgent(taken));
        else
            connect(now);
    }

    private void Confirm(Winner winner, bool isOurs, Instant now)
    {
        if (!isOurs)
        {
            _winner = winner with { Agent = null }; // another call has the agent: there is nothing to give back
            Lose(now);
            return;
        }
        _winner = winner with { IsConfirmed = true };
        connect(now);
    }

    private void Lose(Instant now)
    {
        call.Decide(new CallDecision.HangUpAgent()); // where the phone is gone already its media is ended still
        if (_winner?.Agent is { } agent)
            call.Decide(new CallDecision.ReleaseAgent(agent));
        _winner = null;
        run.HandleLost(now);
    }

    /// <summary>The phone that has answered and is not connected with the user yet.</summary>
    private sealed record Winner(int Attempt, TakenAgent? Agent, bool IsConfirmed);
}
