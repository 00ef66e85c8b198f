namespace Media.Protocols.Primitives;

/// <summary>An RTP synchronization source identifier (RFC 3550 §5.1).</summary>
public readonly record struct Ssrc(uint Value)
{
    public override string ToString() => $"{Value:x8}";
}
