namespace Media.Native.Opus;

/// <summary>
/// One stream of mono Opus (RFC 6716) to 16-bit samples at the caller's rate. A wideband stream decodes straight into 8 kHz, so no
/// resampler follows. One thread at a time.
/// </summary>
public interface IOpusDecoder : IDisposable
{
    /// <summary>Decodes one packet into <paramref name="pcm"/> and returns how many samples it held.</summary>
    OpusResult Decode(ReadOnlySpan<byte> packet, Span<short> pcm);

    /// <summary>
    /// Reconstructs the frame lost just before <paramref name="nextPacket"/> from the redundancy that packet carries (RFC 6716 §2.1.7);
    /// when it carries none, the codec conceals instead. Afterwards decode <paramref name="nextPacket"/> as usual.
    /// </summary>
    /// <param name="nextPacket">The packet that follows the loss.</param>
    /// <param name="pcm">Exactly as long as the lost audio: a multiple of 2.5 ms.</param>
    OpusResult DecodeFec(ReadOnlySpan<byte> nextPacket, Span<short> pcm);

    /// <summary>Invents audio for a packet that never came (packet loss concealment).</summary>
    /// <param name="pcm">Exactly as long as the lost audio: a multiple of 2.5 ms, at most 120 ms.</param>
    OpusResult Conceal(Span<short> pcm);

    /// <summary>The number of samples in <paramref name="packet"/> at this decoder's rate, read from its first bytes.</summary>
    OpusResult GetSampleCount(ReadOnlySpan<byte> packet);

    /// <summary>Forgets the stream so far, as after a restart of the sender.</summary>
    void Reset();
}
