using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using Gateway.Storage.Tracing;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Agents;
using Gateway.Worker.Calls;
using Gateway.Worker.Nodes;
using Gateway.Worker.Tracing;

namespace Gateway.Worker.Commands;

/// <summary>Carries out operators' commands about running calls and their agents.</summary>
internal sealed class CallControl(
    CallSupervisor calls, AgentServices agents, CallMoves moves, NodeDrain drain, CallCaptures captures, CallTraces traces)
{
    /// <summary>How long the agent whom a transfer names rings.</summary>
    private const int RingSeconds = 30;

    /// <summary>The time that a call back may take to ring the agent; after it, the sender is answered without the result.</summary>
    private static readonly TimeSpan RingsWithin = TimeSpan.FromSeconds(1.5);

    private static readonly CommandReply CannotGoOn = CommandReply.Refused(HangupCause.NoRoute, "The call cannot go on here");

    /// <summary>Null where a call may begin on this node.</summary>
    public HangupCause? Refusal => drain.Capacity.Refusal();

    /// <summary>The channel is configured on this node.</summary>
    public bool Serves(ChannelId channel) => calls.Serves(channel);

    public CommandReply HangUp(NodeCommand.HangUp command) => calls.HangUp(command.Call, HangupCause.OperatorHungUp)
        ? CommandReply.Done : new CommandReply(CommandOutcome.UnknownCall);

    /// <summary>Captures a call; done is that it has begun.</summary>
    public CommandReply Capture(NodeCommand.CaptureCall command) => calls.Find(command.Call) is { } loop
        ? captures.Begin(command, loop.Capture, () => calls.Find(command.Call) == loop) : new CommandReply(CommandOutcome.UnknownCall);

    /// <summary>Shows what has been noted of a call so far.</summary>
    public CommandReply ShowTrace(NodeCommand.ShowTrace command)
    {
        if (calls.Find(command.Call) is null)
            return new CommandReply(CommandOutcome.UnknownCall);
        return traces.SoFar(command.Call) is { } trace
            ? CommandReply.Done with { Trace = CallTraceText.Write(trace) }
            : CommandReply.Refused(CommandRefusal.NotTraced, "The node takes no note of its calls: trace.calls is None");
    }

    public async Task<CommandReply> CallBackAsync(NodeCommand.CallBack command)
    {
        if (!UserHandle.IsKnown(command.User))
            return CommandReply.Refused(HangupCause.UserUnreachable);
        if (calls.TryCallBack(command) is not { } loop)
            return CommandReply.Refused(HangupCause.NoRoute);
        await Task.WhenAny(loop.Shown.Begun, Task.Delay(RingsWithin));
        var begun = loop.Shown.Begun;
        var reply = begun is { IsCompletedSuccessfully: true, Result: { } cause } ? CommandReply.Refused(cause) : CommandReply.Done;
        return reply with { Call = loop.Identity.Id };
    }

    public async Task<CommandReply> TakeAsync(NodeCommand.TakeCall command) =>
        await moves.TakeAsync(command) ? CommandReply.Done : CannotGoOn;

    public async Task<CommandReply> PrepareAsync(NodeCommand.PrepareCall command) =>
        await moves.PrepareAsync(command.Call) ? CommandReply.Done : CannotGoOn;

    /// <summary>This node takes no new call until its next start, and hands live ones to others.</summary>
    public CommandReply Drain()
    {
        drain.Close();
        return CommandReply.Done;
    }

    public CommandReply Transfer(NodeCommand.Transfer command)
    {
        if (calls.Find(command.Call) is not { } loop)
            return new CommandReply(CommandOutcome.UnknownCall);
        if (loop.Identity.Direction != CallDirection.Inbound || loop.Shown.State != CallState.Live)
            return CommandReply.Refused(CommandRefusal.NotAnswered, "No agent talks in it yet, or it is no user's call");
        if (loop.Shown.Consultation != ConsultationState.None)
            return CommandReply.Refused(CommandRefusal.TransferInProgress, "Its agent asks somebody already");
        if (FlowTo(command.To, out var refusal) is not { } flow)
            return refusal!;
        loop.Post(command.Mode == TransferMode.Consult ? new CallInput.ConsultationRequested(flow) : new CallInput.TransferRequested(flow));
        return CommandReply.Done;
    }

    public CommandReply CompleteTransfer(NodeCommand.CompleteTransfer command)
    {
        if (RefusalOf(command.Call, out var loop) is { } refusal)
            return refusal;
        if (loop!.Shown.Consultation != ConsultationState.Answered)
            return CommandReply.Refused(CommandRefusal.TargetNotAnswered, "Whom the agent asks has not answered yet");
        loop.Post(new CallInput.CompletionRequested());
        return CommandReply.Done;
    }

    public CommandReply CancelTransfer(NodeCommand.CancelTransfer command)
    {
        if (RefusalOf(command.Call, out var loop) is { } refusal)
            return refusal;
        loop!.Post(new CallInput.CancellationRequested());
        return CommandReply.Done;
    }

    public CommandReply Assign(NodeCommand.Assign command)
    {
        if (calls.Find(command.Call) is not { } loop)
            return new CommandReply(CommandOutcome.UnknownCall);
        if (agents.Directory.Find(command.Agent) is null)
            return CommandReply.Refused(CommandRefusal.UnknownAgent, $"There is no agent '{command.Agent}'");
        if (!FindsAgents(loop))
            return CommandReply.Refused(CommandRefusal.NotWaiting, "The call does not wait for an agent");
        loop.Post(new CallInput.AssignRequested(command.Agent));
        return CommandReply.Done;
    }

    public CommandReply Decline(NodeCommand.Decline command)
    {
        if (calls.Find(command.Call) is not { } loop)
            return new CommandReply(CommandOutcome.UnknownCall);
        if (!FindsAgents(loop) && loop.Shown.Consultation != ConsultationState.Ringing)
            return CommandReply.Refused(CommandRefusal.NotRinging, "The call does not ring that agent");
        loop.Post(new CallInput.DeclineRequested(command.Agent));
        return CommandReply.Done;
    }

    /// <summary>The refusal where the agent of the call asks nobody.</summary>
    private CommandReply? RefusalOf(CallId call, out CallLoop? loop)
    {
        loop = calls.Find(call);
        return loop is null ? new CommandReply(CommandOutcome.UnknownCall)
            : loop.Shown.Consultation == ConsultationState.None
            ? CommandReply.Refused(CommandRefusal.NoTransferInProgress, "Its agent asks nobody") : null;
    }

    /// <summary>A user's call, for which agents are rung or waited for.</summary>
    private static bool FindsAgents(CallLoop loop) =>
        loop is { Identity.Direction: CallDirection.Inbound, Shown.State: CallState.RingingPbx or CallState.Waiting };

    /// <summary>The way to the target, as a flow of one step.</summary>
    private Flow? FlowTo(TransferTarget target, out CommandReply? refusal)
    {
        refusal = null;
        switch (target)
        {
            case TransferTarget.ToAgent { Agent: var agent } when agents.Directory.Find(agent) is not null:
                return Of(new FlowStep.Ring(new AgentChoice(null, [agent], RingStrategy.InOrder), RingSeconds));
            case TransferTarget.ToAgent { Agent: var agent }:
                refusal = CommandReply.Refused(CommandRefusal.UnknownAgent, $"There is no agent '{agent}'");
                return null;
            case TransferTarget.ToGroup { Group: var group } when agents.Directory.Find(group) is not null:
                return Of(new FlowStep.Queue(group) { LeaveWhenNobodyIsSignedIn = false });
            case TransferTarget.ToGroup { Group: var group }:
                refusal = CommandReply.Refused(CommandRefusal.UnknownGroup, $"There is no group '{group}'");
                return null;
            case TransferTarget.ToFlow { Flow: var id } when agents.Flows.Check(id) is { } flow:
                return flow;
            case TransferTarget.ToFlow { Flow: var id }:
                refusal = CommandReply.Refused(CommandRefusal.UnknownFlow, $"This node cannot run a flow '{id}'");
                return null;
            case TransferTarget.ToPbx { Trunk: var trunk, Target: var number } when agents.Flows.HasTrunk(trunk):
                return Of(new FlowStep.Pbx([new PbxTarget(trunk, number)]));
            case TransferTarget.ToPbx { Trunk: var trunk }:
                refusal = CommandReply.Refused(
                    CommandRefusal.UnknownTrunk, $"This node has no trunk '{trunk}' that a WhatsApp call may take");
                return null;
            default:
                throw new InvalidOperationException("A target that is none of these.");
        }
    }

    private static Flow Of(FlowStep step) => new(new FlowId(""), "", "to", new Dictionary<string, FlowStep> { ["to"] = step });
}
