using Concentus;
using Media.Native.Opus;
using IOpusDecoder = Media.Native.Opus.IOpusDecoder;

namespace Media.Engine.Codecs;

/// <summary>The decoder of Concentus, a translation of libopus to C#. Each packet allocates.</summary>
internal sealed class ManagedOpusDecoder : IOpusDecoder
{
    private readonly Concentus.IOpusDecoder _decoder;

    /// <param name="sampleRate">8000, 16000 or 48000 Hz.</param>
    /// <exception cref="ArgumentException">Another rate.</exception>
    public ManagedOpusDecoder(int sampleRate) => _decoder = ManagedOpus.CreateDecoder(sampleRate);

    public OpusResult Decode(ReadOnlySpan<byte> packet, Span<short> pcm) =>
        packet.IsEmpty ? new(0, OpusError.InvalidPacket) : Run(packet, pcm, decodeFec: false);

    public OpusResult DecodeFec(ReadOnlySpan<byte> nextPacket, Span<short> pcm) =>
        nextPacket.IsEmpty ? new(0, OpusError.InvalidPacket) : Run(nextPacket, pcm, decodeFec: true);

    public OpusResult Conceal(Span<short> pcm) => Run(default, pcm, decodeFec: false);

    public OpusResult GetSampleCount(ReadOnlySpan<byte> packet) =>
        ManagedOpus.Result(Concentus.Structs.OpusPacketInfo.GetNumSamples(packet, _decoder.SampleRate));

    public void Reset() => _decoder.ResetState();

    public void Dispose() => _decoder.Dispose();

    private OpusResult Run(ReadOnlySpan<byte> packet, Span<short> pcm, bool decodeFec)
    {
        if (pcm.IsEmpty)
            return new(0, OpusError.BufferTooSmall);
        try
        {
            return ManagedOpus.Result(_decoder.Decode(packet, pcm, pcm.Length, decodeFec));
        }
        catch (OpusException e)
        {
            return ManagedOpus.Result(e.OpusErrorCode);
        }
    }
}
