using Concentus;
using Concentus.Enums;
using Media.Native.Opus;
using OpusError = Media.Native.Opus.OpusError;

namespace Media.Engine.Codecs;

/// <summary>The parts that decoder and encoder of Concentus have in common.</summary>
internal static class ManagedOpus
{
    // Its factory would take a libopus of its own finding; that is the other implementation's part.
    static ManagedOpus() => OpusCodecFactory.AttemptToUseNativeLibrary = false;

    public static Concentus.IOpusDecoder CreateDecoder(int sampleRate) => OpusCodecFactory.CreateDecoder(sampleRate, 1);

    public static Concentus.IOpusEncoder CreateEncoder(int sampleRate) =>
        OpusCodecFactory.CreateEncoder(sampleRate, 1, OpusApplication.OPUS_APPLICATION_VOIP);

    /// <summary>A count, or one of libopus's error numbers, which Concentus shares and adds one of its own to.</summary>
    public static OpusResult Result(int code) =>
        code >= 0 ? new(code, OpusError.None) : new(0, Enum.IsDefined((OpusError)code) ? (OpusError)code : OpusError.InternalError);
}
