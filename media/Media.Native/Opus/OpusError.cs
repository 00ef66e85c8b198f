namespace Media.Native.Opus;

/// <summary>libopus's result codes (opus_defines.h).</summary>
public enum OpusError
{
    None = 0,
    BadArgument = -1,
    BufferTooSmall = -2,
    InternalError = -3,
    InvalidPacket = -4,
    Unimplemented = -5,
    InvalidState = -6,
    AllocationFailed = -7,
}

/// <summary>What one codec call did: samples decoded or bytes encoded, or why not (then <paramref name="Count"/> is 0).</summary>
public readonly record struct OpusResult(int Count, OpusError Error)
{
    public bool IsOk => Error == OpusError.None;

    internal static OpusResult From(int code) => code >= 0 ? new(code, OpusError.None) : new(0, (OpusError)code);
}
