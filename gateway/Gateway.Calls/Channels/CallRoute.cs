namespace Gateway.Calls.Channels;

/// <summary>One route from a channel to a PBX.</summary>
/// <param name="Trunk">The trunk's configured name.</param>
/// <param name="Target">The extension, queue or number dialled there. Null: the one
/// that the node's configuration gives the channel.</param>
public readonly record struct CallRoute(string Trunk, string? Target = null);
