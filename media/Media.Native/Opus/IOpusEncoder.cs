namespace Media.Native.Opus;

/// <summary>16-bit mono speech to one stream of Opus (RFC 6716). One thread at a time.</summary>
public interface IOpusEncoder : IDisposable
{
    /// <summary>Encodes one frame.</summary>
    /// <param name="pcm">2.5, 5, 10, 20, 40 or 60 ms of samples; another length is <see cref="OpusError.BadArgument"/>.</param>
    /// <param name="packet">Receives the packet; 400 bytes hold any 20 ms at up to 128 kbit/s.</param>
    /// <returns>The packet's length. With DTX a length of 2 or less need not be sent.</returns>
    OpusResult Encode(ReadOnlySpan<short> pcm, Span<byte> packet);

    /// <summary>Sets the work that goes into each further frame. The stream goes on.</summary>
    /// <param name="complexity">0 (cheapest) … 10; out-of-range values are clamped.</param>
    /// <param name="inbandFec">As <see cref="OpusEncoderOptions.InbandFec"/>.</param>
    void SetEffort(int complexity, bool inbandFec);

    /// <summary>Sets what each further frame is prepared for. The stream goes on.</summary>
    /// <param name="expectedLossPercent">As <see cref="OpusEncoderOptions.ExpectedLossPercent"/>; out-of-range values are clamped.</param>
    /// <param name="bitrate">As <see cref="OpusEncoderOptions.Bitrate"/>.</param>
    void SetProtection(int expectedLossPercent, int bitrate);
}
