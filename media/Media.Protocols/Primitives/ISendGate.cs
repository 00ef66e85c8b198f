namespace Media.Protocols.Primitives;

/// <summary>
/// Says whether this process may send about its calls. Asked before each datagram and message, so it neither blocks nor allocates.
/// Thread-safe.
/// </summary>
public interface ISendGate
{
    /// <summary>False: the process stood still for so long that others may have its calls by now; it has to ask first.</summary>
    bool IsOpen { get; }
}
