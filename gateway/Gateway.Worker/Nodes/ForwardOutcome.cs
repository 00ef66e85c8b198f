namespace Gateway.Worker.Nodes;

/// <summary>The outcome of handing an event to another node: a closed set, spelled by its wire name.</summary>
internal enum ForwardOutcome
{
    /// <summary>It is in the inbox of the node that has the call.</summary>
    Forwarded,

    /// <summary>The call is this node's, or over: there is nobody to hand it to.</summary>
    Own,

    /// <summary>No node is known to have the call.</summary>
    Unowned,

    /// <summary>The inbox of the other node is full.</summary>
    Full,

    /// <summary>Redis did not answer.</summary>
    Unavailable,

    /// <summary>It has been from node to node often enough.</summary>
    TooManyHops,
}
