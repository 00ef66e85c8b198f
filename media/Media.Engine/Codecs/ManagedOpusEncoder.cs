using Concentus;
using Concentus.Enums;
using Media.Native.Opus;
using IOpusEncoder = Media.Native.Opus.IOpusEncoder;
using OpusError = Media.Native.Opus.OpusError;

namespace Media.Engine.Codecs;

/// <summary>The encoder of Concentus, with its VoIP application. Each frame allocates.</summary>
internal sealed class ManagedOpusEncoder : IOpusEncoder
{
    private readonly Concentus.IOpusEncoder _encoder;

    /// <exception cref="ArgumentException">A setting out of its range.</exception>
    public ManagedOpusEncoder(OpusEncoderOptions options)
    {
        _encoder = ManagedOpus.CreateEncoder(options.SampleRate);
        _encoder.SignalType = OpusSignal.OPUS_SIGNAL_VOICE;
        _encoder.MaxBandwidth = (Concentus.Enums.OpusBandwidth)options.MaxBandwidth; // the numbers of opus_defines.h, as ours
        _encoder.Bitrate = options.Bitrate;
        _encoder.Complexity = options.Complexity;
        _encoder.UseInbandFEC = options.InbandFec;
        _encoder.PacketLossPercent = options.ExpectedLossPercent;
        _encoder.UseDTX = options.Dtx;
    }

    public OpusResult Encode(ReadOnlySpan<short> pcm, Span<byte> packet)
    {
        if (pcm.IsEmpty)
            return new(0, OpusError.BadArgument);
        if (packet.IsEmpty)
            return new(0, OpusError.BufferTooSmall);
        try
        {
            return ManagedOpus.Result(_encoder.Encode(pcm, pcm.Length, packet, packet.Length));
        }
        catch (OpusException e)
        {
            return ManagedOpus.Result(e.OpusErrorCode);
        }
    }

    public void SetEffort(int complexity, bool inbandFec)
    {
        _encoder.Complexity = Math.Clamp(complexity, 0, 10);
        _encoder.UseInbandFEC = inbandFec;
    }

    public void SetProtection(int expectedLossPercent, int bitrate)
    {
        _encoder.PacketLossPercent = Math.Clamp(expectedLossPercent, 0, 100);
        _encoder.Bitrate = Math.Clamp(bitrate, 6000, 128_000);
    }

    public void Dispose() => _encoder.Dispose();
}
