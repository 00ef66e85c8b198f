namespace Media.Engine.Legs;

/// <summary>
/// Comfort noise (RFC 3389) is tolerated, not played: while a peer sends it instead of audio, the other side gets generated silence, as it
/// does whenever nothing arrives.
/// </summary>
internal static class ComfortNoise
{
    /// <summary>Static, RFC 3551 §6; some senders use it without having negotiated it.</summary>
    public const byte PayloadType = 13;
}
