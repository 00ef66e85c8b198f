namespace Gateway.Calls;

/// <summary>What is fixed about a call when it begins. The node's start tells what an earlier run of the same node left open.</summary>
public sealed record CallIdentity(CallId Id, CallDirection Direction, ChannelId Channel, WhatsAppUser User, string Node, string NodeStart = "");
