using Gateway.Calls;

namespace Gateway.Worker.Nodes;

/// <summary>The calls of this node as its lease sees them.</summary>
internal interface IOwnedCalls
{
    /// <summary>Each with the fencing token that this node shows.</summary>
    IReadOnlyCollection<(CallId Call, long Token)> Owned { get; }

    /// <summary>The node takes new calls of users.</summary>
    bool HasRoom { get; }

    /// <summary>Another node has the call: it is let go of, silently towards both sides. Idempotent.</summary>
    Task LetGoAsync(CallId call);
}
