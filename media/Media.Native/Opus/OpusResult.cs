namespace Media.Native.Opus;

/// <summary>The result of one codec call: samples decoded or bytes encoded, or the error (then <paramref name="Count"/> is 0).</summary>
public readonly record struct OpusResult(int Count, OpusError Error)
{
    public bool IsOk => Error == OpusError.None;

    internal static OpusResult From(int code) => code >= 0 ? new(code, OpusError.None) : new(0, (OpusError)code);
}
