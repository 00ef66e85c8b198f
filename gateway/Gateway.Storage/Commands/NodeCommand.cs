using System.Text.Json.Serialization;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Gateway.Storage.Nodes;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Commands;

/// <summary>A request of an operator to a node: a closed family.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(HangUp), "hang_up")]
[JsonDerivedType(typeof(Transfer), "transfer")]
[JsonDerivedType(typeof(CompleteTransfer), "complete_transfer")]
[JsonDerivedType(typeof(CancelTransfer), "cancel_transfer")]
[JsonDerivedType(typeof(Assign), "assign")]
[JsonDerivedType(typeof(Decline), "decline")]
[JsonDerivedType(typeof(CallBack), "call_back")]
[JsonDerivedType(typeof(AskPermission), "ask_permission")]
[JsonDerivedType(typeof(RefreshPermission), "refresh_permission")]
[JsonDerivedType(typeof(TakeCall), "take_call")]
[JsonDerivedType(typeof(PrepareCall), "prepare_call")]
[JsonDerivedType(typeof(Drain), "drain")]
[JsonDerivedType(typeof(CaptureCall), "capture_call")]
[JsonDerivedType(typeof(ShowTrace), "show_trace")]
[JsonDerivedType(typeof(Reload), "reload")]
public abstract record NodeCommand
{
    private NodeCommand() { }

    /// <summary>End a live call on both legs. Only the node that runs it can.</summary>
    public sealed record HangUp(CallId Call) : NodeCommand;

    /// <summary>Lead an answered call to somebody else. Only the node that runs it can.</summary>
    /// <param name="Call">The call.</param>
    /// <param name="To">To whom.</param>
    public sealed record Transfer(CallId Call, TransferTarget To) : NodeCommand
    {
        /// <summary>What becomes of the agent.</summary>
        public TransferMode Mode { get; init; }
    }

    /// <summary>Connect user and target, who has answered the agent.</summary>
    public sealed record CompleteTransfer(CallId Call) : NodeCommand;

    /// <summary>Connect user and agent again; the target is out of the call.</summary>
    public sealed record CancelTransfer(CallId Call) : NodeCommand;

    /// <summary>Give a waiting call to an agent, whose phone answers by itself.</summary>
    public sealed record Assign(CallId Call, AgentId Agent) : NodeCommand;

    /// <summary>Decline a call on behalf of an agent whom it rings.</summary>
    public sealed record Decline(CallId Call, AgentId Agent) : NodeCommand;

    /// <summary>Go on with a call that its node has handed over.</summary>
    public sealed record TakeCall(CallId Call) : NodeCommand
    {
        /// <summary>The call as its node has left it; null: it is in Redis alone, as the version before this one leaves it.</summary>
        public CallSnapshotEntry? Left { get; init; }
    }

    /// <summary>Say whether this node could take a call as its owner has left it last, and have ready what that needs.</summary>
    public sealed record PrepareCall(CallId Call) : NodeCommand;

    /// <summary>Take no new call until the next start, and move live ones to other nodes.</summary>
    public sealed record Drain : NodeCommand;

    /// <summary>Capture a live call's SIP and its audio in the clear. Only the node that runs it can.</summary>
    /// <param name="Call">The call.</param>
    /// <param name="Id">The capture's id.</param>
    /// <param name="Seconds">The longest that it lasts.</param>
    /// <param name="MaxBytes">Its room.</param>
    /// <param name="RequestedBy">Who wants it: stands in the log.</param>
    public sealed record CaptureCall(CallId Call, string Id, int Seconds, int MaxBytes, string RequestedBy) : NodeCommand;

    /// <summary>Show what has been noted of a live call so far. Only the node that runs it can.</summary>
    public sealed record ShowTrace(CallId Call) : NodeCommand;

    /// <summary>Read the configuration again, and apply it whole or not at all.</summary>
    /// <param name="RequestedBy">Who wants it: stands in the node's log.</param>
    public sealed record Reload(string RequestedBy) : NodeCommand;

    /// <summary>A command that any node can carry out that serves the channel.</summary>
    /// <param name="Channel">The business number by Meta's id.</param>
    public abstract record ForChannel(ChannelId Channel) : NodeCommand;

    /// <summary>Ring an agent, and connect a WhatsApp user when the agent answers.</summary>
    /// <param name="Channel">The business number that calls.</param>
    /// <param name="User">The user to call.</param>
    /// <param name="Agent">The number dialled at the PBX.</param>
    /// <param name="Trunk">The trunk to the agent; null: the channel's first.</param>
    public sealed record CallBack(ChannelId Channel, WhatsAppUser User, string Agent, string? Trunk) : ForChannel(Channel)
    {
        /// <summary>The agent of ours who is rung: on all phones, or on that of <see cref="Trunk"/>. Null: nobody of ours, only
        /// <see cref="Agent"/>.</summary>
        public AgentId? AgentId { get; init; }

        /// <summary>How long the agent is rung, in seconds; null: the node's timeout.</summary>
        public int? RingSeconds { get; init; }
    }

    /// <summary>Send a user a request for permission to call.</summary>
    /// <param name="Channel">The business number that asks.</param>
    /// <param name="User">Who is asked.</param>
    /// <param name="RequestedBy">Who wants it: stands in the history.</param>
    public sealed record AskPermission(ChannelId Channel, WhatsAppUser User, string RequestedBy) : ForChannel(Channel);

    /// <summary>Ask Meta what a user permits, and store it.</summary>
    public sealed record RefreshPermission(ChannelId Channel, WhatsAppUser User) : ForChannel(Channel);
}

/// <summary>The outcome of a command.</summary>
public enum CommandOutcome
{
    /// <summary>The node has done it; a call that was to begin has begun, one that was to end is ending.</summary>
    Done,

    /// <summary>No node runs this call: it is over, or never was.</summary>
    UnknownCall,

    /// <summary>The node, or for a command that any node can take every node, did not answer. If
    /// it got the command, it may still carry it out.</summary>
    NodeUnreachable,

    /// <summary>Nothing was done; <see cref="CommandReply.Code"/> gives the reason.</summary>
    Refused,
}

/// <summary>A node's answer.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Code">Of a refusal: the member of a closed set in its snake-case spelling: a <see cref="HangupCause"/>, a
/// <see cref="Gateway.Calls.Permissions.RequestRule"/>, a <see cref="CommandRefusal"/>, or `whatsapp_error`.</param>
/// <param name="Text">Of a refusal: a sentence for a person.</param>
/// <param name="FreeAt">Of a refusal: the time at which the same command may succeed, where known.</param>
/// <param name="Call">The call that began.</param>
public sealed record CommandReply(
    CommandOutcome Outcome, string? Code = null, string? Text = null, DateTimeOffset? FreeAt = null, CallId? Call = null)
{
    /// <summary>Of <see cref="NodeCommand.Reload"/>, refused or not.</summary>
    public ReloadReport? Reload { get; init; }

    /// <summary>Of <see cref="NodeCommand.ShowTrace"/>: what <see cref="Tracing.CallTraceText"/> reads.</summary>
    public string? Trace { get; init; }

    /// <summary>In transit: the number of the command; null: of the version before this one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? To { get; init; }

    public static CommandReply Done { get; } = new(CommandOutcome.Done);

    public static CommandReply Refused(CommandRefusal refusal, string text) =>
        new(CommandOutcome.Refused, WireName.Of(refusal), text);

    public static CommandReply Refused(HangupCause cause, string? text = null) =>
        new(CommandOutcome.Refused, WireName.Of(cause), text ?? CauseTable.Refusal(cause).Text);
}
