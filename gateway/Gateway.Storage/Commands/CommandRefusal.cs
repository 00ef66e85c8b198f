namespace Gateway.Storage.Commands;

/// <summary>The reason why a node refused a command about an agent or a running call: a closed set, spelled by its wire name.</summary>
public enum CommandRefusal
{
    /// <summary>The node does not know the agent, or the agent has no phone that fits.</summary>
    UnknownAgent,

    /// <summary>The node does not know the group.</summary>
    UnknownGroup,

    /// <summary>The node does not know the flow, or it does not pass the node's own check.</summary>
    UnknownFlow,

    /// <summary>The node has no such trunk.</summary>
    UnknownTrunk,

    /// <summary>The call does not wait for an agent.</summary>
    NotWaiting,

    /// <summary>The call does not ring that agent.</summary>
    NotRinging,

    /// <summary>Nobody talks in the call yet.</summary>
    NotAnswered,

    /// <summary>The agent of the call asks somebody before handing it over.</summary>
    TransferInProgress,

    /// <summary>The agent of the call asks nobody.</summary>
    NoTransferInProgress,

    /// <summary>Whom the agent asks has not answered yet.</summary>
    TargetNotAnswered,

    /// <summary>The call is captured already, or as many others as a node captures at one time.</summary>
    CaptureInProgress,

    /// <summary>The node takes no note of its calls (`trace.calls`).</summary>
    NotTraced,

    /// <summary>The node's configuration has errors; the one in force stays.</summary>
    ConfigurationInvalid,
}
