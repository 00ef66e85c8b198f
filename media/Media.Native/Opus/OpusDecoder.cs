namespace Media.Native.Opus;

/// <summary>The decoder of libopus. No call allocates managed memory.</summary>
public sealed unsafe class OpusDecoder : IOpusDecoder
{
    /// <summary>RFC 6716 §3.4 R5: a packet holds at most 120 ms.</summary>
    public const int MaxPacketMilliseconds = 120;

    private readonly OpusDecoderHandle _handle;

    /// <param name="sampleRate">8000, 16000 or 48000 Hz.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another rate.</exception>
    /// <exception cref="NativeException">libopus has no memory.</exception>
    public OpusDecoder(int sampleRate = 8000)
    {
        OpusRate.ThrowIfUnsupported(sampleRate);
        SampleRate = sampleRate;
        _handle = LibOpus.CreateDecoder(sampleRate, 1, out var error);
        if (_handle.IsInvalid)
            throw new NativeException($"libopus cannot create a decoder: {(OpusError)error}.");
    }

    public int SampleRate { get; }

    /// <summary>Samples that a 120 ms packet decodes to: a buffer of this length is never too small.</summary>
    public int MaxSamples => SampleRate / 1000 * MaxPacketMilliseconds;

    public OpusResult Decode(ReadOnlySpan<byte> packet, Span<short> pcm) =>
        packet.IsEmpty ? new(0, OpusError.InvalidPacket) : Run(packet, pcm, decodeFec: 0);

    public OpusResult DecodeFec(ReadOnlySpan<byte> nextPacket, Span<short> pcm) =>
        nextPacket.IsEmpty ? new(0, OpusError.InvalidPacket) : Run(nextPacket, pcm, decodeFec: 1);

    public OpusResult Conceal(Span<short> pcm) => Run(default, pcm, decodeFec: 0);

    public OpusResult GetSampleCount(ReadOnlySpan<byte> packet)
    {
        fixed (byte* bytes = packet)
            return OpusResult.From(LibOpus.GetSampleCount(bytes, packet.Length, SampleRate));
    }

    public void Reset() => _ = LibOpus.ControlDecoder(_handle, LibOpus.ResetState);

    public void Dispose() => _handle.Dispose();

    private OpusResult Run(ReadOnlySpan<byte> packet, Span<short> pcm, int decodeFec)
    {
        if (pcm.IsEmpty)
            return new(0, OpusError.BufferTooSmall);
        fixed (byte* bytes = packet)
        fixed (short* samples = pcm)
            return OpusResult.From(LibOpus.Decode(_handle, bytes, packet.Length, samples, pcm.Length, decodeFec));
    }
}
