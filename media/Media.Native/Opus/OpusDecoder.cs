namespace Media.Native.Opus;

/// <summary>
/// Decodes mono Opus (RFC 6716) straight to 16-bit samples at the caller's rate; libopus itself decodes a wideband stream into
/// 8 kHz, so no resampler follows. One stream and one thread at a time; no call allocates managed memory.
/// </summary>
public sealed unsafe class OpusDecoder : IDisposable
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

    /// <summary>Decodes one packet into <paramref name="pcm"/> and returns the number of samples.</summary>
    public OpusResult Decode(ReadOnlySpan<byte> packet, Span<short> pcm) =>
        packet.IsEmpty ? new(0, OpusError.InvalidPacket) : Run(packet, pcm, decodeFec: 0);

    /// <summary>
    /// Reconstructs the frame lost just before <paramref name="nextPacket"/> from the redundancy that packet carries (RFC 6716 §2.1.7);
    /// when it carries none, libopus conceals instead. Afterwards decode <paramref name="nextPacket"/> as usual.
    /// </summary>
    /// <param name="nextPacket">The packet that follows the loss.</param>
    /// <param name="pcm">Exactly as long as the lost audio: a multiple of 2.5 ms.</param>
    public OpusResult DecodeFec(ReadOnlySpan<byte> nextPacket, Span<short> pcm) =>
        nextPacket.IsEmpty ? new(0, OpusError.InvalidPacket) : Run(nextPacket, pcm, decodeFec: 1);

    /// <summary>Invents audio for a packet that never came (packet loss concealment).</summary>
    /// <param name="pcm">Exactly as long as the lost audio: a multiple of 2.5 ms, at most 120 ms.</param>
    public OpusResult Conceal(Span<short> pcm) => Run(default, pcm, decodeFec: 0);

    /// <summary>
    /// The number of samples that <paramref name="packet"/> would decode to at this decoder's rate, read from its first bytes.
    /// </summary>
    public OpusResult GetSampleCount(ReadOnlySpan<byte> packet)
    {
        fixed (byte* bytes = packet)
            return OpusResult.From(LibOpus.GetSampleCount(bytes, packet.Length, SampleRate));
    }

    /// <summary>Forgets the stream so far, as after a restart of the sender.</summary>
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
