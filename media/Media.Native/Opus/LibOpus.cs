using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Media.Native.Opus;

internal sealed class OpusDecoderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibOpus.DestroyDecoder(handle);
        return true;
    }
}

internal sealed class OpusEncoderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibOpus.DestroyEncoder(handle);
        return true;
    }
}

/// <summary>
/// The part of opus.h that is used. The two ctl functions are variadic in C; on x86-64 and arm64 Linux their int and pointer
/// arguments travel in the same registers as those of a plain function.
/// </summary>
internal static unsafe partial class LibOpus
{
    internal const string Name = "libopus.so.0";

    internal const int ApplicationVoip = 2048;
    internal const int SignalVoice = 3001;
    internal const int SetBitrate = 4002;
    internal const int SetMaxBandwidth = 4004;
    internal const int SetComplexity = 4010;
    internal const int SetInbandFec = 4012;
    internal const int SetPacketLossPercent = 4014;
    internal const int SetDtx = 4016;
    internal const int SetSignal = 4024;
    internal const int ResetState = 4028;

    [LibraryImport(Name, EntryPoint = "opus_get_version_string")]
    internal static partial byte* GetVersion();

    [LibraryImport(Name, EntryPoint = "opus_decoder_create")]
    internal static partial OpusDecoderHandle CreateDecoder(int sampleRate, int channels, out int error);

    [LibraryImport(Name, EntryPoint = "opus_decoder_destroy")]
    internal static partial void DestroyDecoder(nint decoder);

    [LibraryImport(Name, EntryPoint = "opus_decode")]
    internal static partial int Decode(OpusDecoderHandle decoder, byte* packet, int length, short* pcm, int frameSize, int decodeFec);

    [LibraryImport(Name, EntryPoint = "opus_decoder_ctl")]
    internal static partial int ControlDecoder(OpusDecoderHandle decoder, int request);

    [LibraryImport(Name, EntryPoint = "opus_packet_get_nb_samples")]
    internal static partial int GetSampleCount(byte* packet, int length, int sampleRate);

    [LibraryImport(Name, EntryPoint = "opus_encoder_create")]
    internal static partial OpusEncoderHandle CreateEncoder(int sampleRate, int channels, int application, out int error);

    [LibraryImport(Name, EntryPoint = "opus_encoder_destroy")]
    internal static partial void DestroyEncoder(nint encoder);

    [LibraryImport(Name, EntryPoint = "opus_encode")]
    internal static partial int Encode(OpusEncoderHandle encoder, short* pcm, int frameSize, byte* packet, int capacity);

    [LibraryImport(Name, EntryPoint = "opus_encoder_ctl")]
    internal static partial int ControlEncoder(OpusEncoderHandle encoder, int request);

    [LibraryImport(Name, EntryPoint = "opus_encoder_ctl")]
    internal static partial int ControlEncoder(OpusEncoderHandle encoder, int request, int value);
}
