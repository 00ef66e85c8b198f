using Media.Engine.Codecs;
using Media.Native.Opus;
using Media.Protocols.Sdp;

namespace Media.Engine.Tests.Peers;

/// <summary>Audio to payloads and back, in the codec of a phone.</summary>
internal sealed class PhoneCoder(AudioCodec codec, int rate) : IDisposable
{
    private readonly OpusEncoder? _opusEncoder =
        codec == AudioCodec.Opus ? new OpusEncoder(new OpusEncoderOptions { SampleRate = rate }) : null;

    private readonly OpusDecoder? _opusDecoder = codec == AudioCodec.Opus ? new OpusDecoder(rate) : null;
    private readonly G722Encoder _g722Encoder = new();
    private readonly G722Decoder _g722Decoder = new();

    /// <summary>Samples that were decoded.</summary>
    public int Decode(ReadOnlySpan<byte> payload, short[] pcm)
    {
        switch (codec)
        {
            case AudioCodec.Pcmu:
                G711.DecodeUlaw(payload, pcm);
                return payload.Length;
            case AudioCodec.Pcma:
                G711.DecodeAlaw(payload, pcm);
                return payload.Length;
            case AudioCodec.G722:
                return _g722Decoder.Decode(payload, pcm);
            default:
                return _opusDecoder!.Decode(payload, pcm).Count;
        }
    }

    /// <summary>Bytes of the payload.</summary>
    /// <param name="sent">The phone's codec, or the other of G.711.</param>
    /// <param name="frame">Of one packet.</param>
    /// <param name="payload">Room for it.</param>
    public int Encode(AudioCodec sent, ReadOnlySpan<short> frame, Span<byte> payload)
    {
        switch (sent)
        {
            case AudioCodec.Pcmu:
                G711.EncodeUlaw(frame, payload);
                return frame.Length;
            case AudioCodec.Pcma:
                G711.EncodeAlaw(frame, payload);
                return frame.Length;
            case AudioCodec.G722:
                return _g722Encoder.Encode(frame, payload);
            default:
                return _opusEncoder!.Encode(frame, payload).Count;
        }
    }

    public void Dispose()
    {
        _opusDecoder?.Dispose();
        _opusEncoder?.Dispose();
    }
}
