namespace Gateway.Storage.Commands;

/// <summary>What becomes of the agent whose call is transferred: a closed set, spelled by its wire name.</summary>
public enum TransferMode
{
    /// <summary>The agent is out of the call at once; the user waits for the target.</summary>
    Blind,

    /// <summary>The agent talks with the target first, while the user hears music.</summary>
    Consult,
}
