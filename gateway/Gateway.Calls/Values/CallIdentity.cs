namespace Gateway.Calls;

/// <summary>The properties of a call that are fixed when it begins. The node's start identifies
/// what an earlier run of the same node left open.</summary>
public sealed record CallIdentity(
    CallId Id, CallDirection Direction, ChannelId Channel, WhatsAppUser User, string Node, string NodeStart = "");
