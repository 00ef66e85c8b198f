using Media.Native;
using Media.Native.Checks;
using Media.Native.Opus;

namespace Media.Engine.Codecs;

/// <summary>The outcome of a request for an implementation on this host.</summary>
/// <param name="Version">Such as <c>libopus 1.3.1</c> or <c>Concentus 2.2.2</c>.</param>
/// <param name="Notice">A sentence for the operator where the managed codec stands in for a library that cannot be used; else null.</param>
/// <param name="Error">Why there is none, with what to do; null when there is.</param>
public sealed record OpusChoice(string Version, string? Notice, string? Error);

/// <summary>Both Opus codecs behind one interface; packets of either are decoded by the other.</summary>
public static class OpusCodecs
{
    private static readonly Lazy<NativeLibraryReport> Native = new(NativeLibraries.CheckOpus);

    /// <summary>The outcome of <paramref name="wanted"/> on this host. The first call tries libopus, some milliseconds.</summary>
    public static OpusChoice Choose(OpusImplementation wanted) => Choose(wanted, Native.Value);

    /// <param name="implementation">Which one.</param>
    /// <param name="sampleRate">8000, 16000 or 48000 Hz.</param>
    public static IOpusDecoder CreateDecoder(OpusImplementation implementation, int sampleRate) =>
        IsManaged(implementation, Native.Value) ? new ManagedOpusDecoder(sampleRate) : new OpusDecoder(sampleRate);

    /// <param name="implementation">Which one.</param>
    /// <param name="options">How it encodes; both know all of it.</param>
    public static IOpusEncoder CreateEncoder(OpusImplementation implementation, OpusEncoderOptions options) =>
        IsManaged(implementation, Native.Value) ? new ManagedOpusEncoder(options) : new OpusEncoder(options);

    internal static OpusChoice Choose(OpusImplementation wanted, NativeLibraryReport native)
    {
        if (!IsManaged(wanted, native))
            return new OpusChoice(native.Version, null, native.Error);
        var notice = $"{native.Error} Until then {ManagedVersion} stands in, at more CPU per call.";
        return new OpusChoice(ManagedVersion, wanted == OpusImplementation.Managed ? null : notice, null);
    }

    private static string ManagedVersion => $"Concentus {typeof(Concentus.OpusCodecFactory).Assembly.GetName().Version?.ToString(3)}";

    private static bool IsManaged(OpusImplementation wanted, NativeLibraryReport native) =>
        wanted == OpusImplementation.Managed || wanted == OpusImplementation.Auto && !native.IsOk;
}
