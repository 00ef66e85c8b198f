namespace Media.Protocols.Primitives;

/// <summary>The time at which a PBX is sent what comes from WhatsApp.</summary>
public enum AudioPlayout
{
    /// <summary>At once, with its own sampling time, however late it comes: for listeners with a jitter buffer.</summary>
    Faithful,

    /// <summary>
    /// At a steady pace, after a delay that follows the jitter: for bridges, recorders and conferences without a jitter buffer.
    /// </summary>
    Adaptive,
}
