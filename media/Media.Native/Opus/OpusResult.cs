namespace Media.Native.Opus;

/// <summary>What one codec call did: samples decoded or bytes encoded, or why not (then <paramref name="Count"/> is 0).</summary>
public readonly record struct OpusResult(int Count, OpusError Error)
{
    public bool IsOk => Error == OpusError.None;

    internal static OpusResult From(int code) => code >= 0 ? new(code, OpusError.None) : new(0, (OpusError)code);
}
