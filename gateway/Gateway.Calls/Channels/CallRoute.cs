namespace Gateway.Calls.Channels;

/// <summary>One way from a channel to a PBX.</summary>
/// <param name="Trunk">The trunk's configured name.</param>
/// <param name="Target">What is dialled there: an extension, a queue or a number. Null: what the node's configuration says of the channel.</param>
public readonly record struct CallRoute(string Trunk, string? Target = null);
