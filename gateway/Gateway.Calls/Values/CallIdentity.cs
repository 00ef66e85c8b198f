namespace Gateway.Calls;

/// <summary>The properties of a call that are fixed when it begins. The node's start identifies
/// what an earlier run of the same node left open.</summary>
public sealed record CallIdentity(
    CallId Id, CallDirection Direction, ChannelId Channel, WhatsAppUser User, string Node, string NodeStart = "")
{
    /// <summary>The number of nodes that have had the call: every write of its owner shows it.</summary>
    public long OwnerToken
    {
        get;
        init => field = value == 0 ? 1 : value; // a generated JSON reader passes 0 where the text has none
    } = 1;
}
