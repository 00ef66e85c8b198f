using Gateway.Storage.Commands;

namespace AdminApi.Platform;

/// <summary>The kinds of error of operations that a node carries out.</summary>
public static class NodeProblems
{
    public static readonly ProblemKind Unreachable = new(503, "node_unreachable", "The node does not answer");
    public static readonly ProblemKind Refused = new(409, "refused_by_node", "The node refused the operation");

    /// <summary>The answer to a command that was not done.</summary>
    public static ProblemResult Of(CommandReply reply) => reply.Outcome switch
    {
        CommandOutcome.UnknownCall => Problems.NotFound.Of("No node runs this call: it is over, or never was."),
        CommandOutcome.NodeUnreachable => Unreachable.Of("The node did not answer. If it got the command, it may still carry it out."),
        _ when reply.Reload is { Errors: { Count: > 0 } errors } => Refused.Of(
            "The node's configuration has errors, and nothing of it was applied.",
            [.. errors.Select(FieldError.Of)]),
        _ => Refused.Of($"{reply.Code}: {reply.Text}", [new FieldError(reply.Code ?? "refused", reply.Text ?? "")]),
    };
}
