using Media.Native.Opus;
using Media.Protocols.Sdp;

namespace Media.Engine.Codecs;

/// <summary>
/// One peer's stream to linear samples, in one codec, at one rate; and something to hear in place of packets that never came. Owned by
/// one path; no call allocates, but with the managed Opus.
/// </summary>
internal sealed class AudioDecoder : IDisposable
{
    /// <summary>
    /// Consecutive lost packets that are still covered by the sound before them (ITU-T G.711 appendix I fades over 60 ms).
    /// </summary>
    private const int MaxRepeats = 3;

    private readonly IOpusDecoder? _opus;
    private readonly G722Decoder? _g722;
    private readonly short[] _last;
    private int _lastLength;
    private int _repeats;

    /// <param name="codec">What arrives.</param>
    /// <param name="rate">8000 or 16000 samples a second; G.711 knows 8000 only.</param>
    /// <param name="opus">Which Opus codec.</param>
    public AudioDecoder(AudioCodec codec, int rate, OpusImplementation opus)
    {
        (Codec, Rate) = (codec, rate);
        if (codec == AudioCodec.Opus)
            _opus = OpusCodecs.CreateDecoder(opus, rate);
        else if (codec == AudioCodec.G722)
            _g722 = new G722Decoder();
        _last = codec == AudioCodec.Opus ? [] : new short[rate / 50];
    }

    public AudioCodec Codec { get; }

    public int Rate { get; }

    /// <summary>Decodes a payload.</summary>
    /// <returns>Samples written; 0 when the payload is not of this codec or has no room.</returns>
    public int Decode(ReadOnlySpan<byte> payload, Span<short> samples)
    {
        if (_opus is not null)
            return _opus.Decode(payload, samples).Count;
        var length = _g722 is not null && Rate == 16000 ? payload.Length * 2 : payload.Length;
        if (length > samples.Length || length == 0)
            return 0;
        Expand(payload, samples);
        Remember(samples[..length]);
        return length;
    }

    /// <summary>Makes up for one lost packet.</summary>
    /// <param name="next">The packet after it, if that one came: Opus may carry a copy of the lost one.</param>
    /// <param name="samples">As long as the lost audio; wholly written.</param>
    /// <returns>True: <paramref name="next"/> held a copy, and that is what is heard.</returns>
    public bool Conceal(ReadOnlySpan<byte> next, Span<short> samples)
    {
        if (_opus is not null)
        {
            var result = next.IsEmpty ? _opus.Conceal(samples) : _opus.DecodeFec(next, samples);
            if (result.Count < samples.Length)
                samples[result.Count..].Clear();
            return result.IsOk && OpusPacket.HasCopy(next);
        }
        _repeats++;
        for (var i = 0; i < samples.Length; i++)
            samples[i] = _repeats > MaxRepeats || _lastLength == 0 ? (short)0 : (short)(_last[i % _lastLength] >> _repeats);
        return false;
    }

    /// <summary>Samples a payload stands for; 0 when it is not of this codec.</summary>
    public int Measure(ReadOnlySpan<byte> payload) =>
        _opus is not null ? _opus.GetSampleCount(payload).Count
        : Codec == AudioCodec.G722 && Rate == 16000 ? payload.Length * 2
        : payload.Length;

    /// <summary>The stream began anew.</summary>
    public void Reset()
    {
        _opus?.Reset();
        _lastLength = 0;
    }

    public void Dispose() => _opus?.Dispose();

    private void Expand(ReadOnlySpan<byte> payload, Span<short> samples)
    {
        switch (Codec)
        {
            case AudioCodec.Pcmu:
                G711.DecodeUlaw(payload, samples);
                break;
            case AudioCodec.Pcma:
                G711.DecodeAlaw(payload, samples);
                break;
            default:
                _ = Rate == 16000 ? _g722!.Decode(payload, samples) : _g722!.DecodeNarrowband(payload, samples);
                break;
        }
    }

    private void Remember(ReadOnlySpan<short> samples)
    {
        _lastLength = Math.Min(samples.Length, _last.Length);
        samples[^_lastLength..].CopyTo(_last);
        _repeats = 0;
    }
}
