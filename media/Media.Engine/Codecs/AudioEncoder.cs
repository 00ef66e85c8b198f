using Media.Native.Opus;
using Media.Protocols.Sdp;

namespace Media.Engine.Codecs;

/// <summary>Linear samples to one peer's codec, at one rate. Owned by one path; no call allocates, but with the managed Opus.</summary>
internal sealed class AudioEncoder : IDisposable
{
    private readonly IOpusEncoder? _opus;
    private readonly SteadySilence? _silence;
    private readonly G722Encoder? _g722;
    private readonly LoopEffort? _effort;
    private readonly LossProtection? _protection;
    private readonly bool _usesFec;
    private readonly int _rate, _mostRate;
    private OpusEffort _made;
    private int _prepared = -1;

    /// <param name="codec">What the peer wants.</param>
    /// <param name="rate">8000 or 16000 samples a second; G.711 knows 8000 only.</param>
    /// <param name="options">How we encode Opus.</param>
    /// <param name="peer">How the peer wants it encoded.</param>
    /// <param name="effort">Followed from frame to frame; null: all that <paramref name="options"/> ask for.</param>
    /// <param name="protection">Followed from frame to frame; null: the loss that <paramref name="options"/> expect.</param>
    public AudioEncoder(
        AudioCodec codec, int rate, OpusOptions options, OpusFormat peer, LoopEffort? effort = null, LossProtection? protection = null)
    {
        (Codec, Rate, _effort, _protection) = (codec, rate, effort, protection);
        _usesFec = options.Fec && peer.UseInbandFec;
        _mostRate = peer.MaxAverageBitrate > 0 ? peer.MaxAverageBitrate : int.MaxValue;
        _rate = Math.Min(_mostRate, options.Bitrate);
        if (codec == AudioCodec.Opus)
        {
            _silence = new SteadySilence(rate);
            _opus = OpusCodecs.CreateEncoder(options.Implementation, new OpusEncoderOptions
            {
                SampleRate = rate,
                Bitrate = _rate,
                Complexity = options.Complexity,
                InbandFec = _usesFec,
                ExpectedLossPercent = options.ExpectedLossPercent,
                MaxBandwidth = rate == 8000 ? OpusBandwidth.Narrowband : OpusBandwidth.Wideband,
            });
        }
        else if (codec == AudioCodec.G722)
            _g722 = new G722Encoder();
    }

    public AudioCodec Codec { get; }

    public int Rate { get; }

    /// <summary>Encodes a frame of 10, 20, 40 or 60 ms (Opus) or any length (the others).</summary>
    /// <returns>Bytes written; 0 when the codec refused.</returns>
    public int Encode(ReadOnlySpan<short> frame, Span<byte> payload)
    {
        switch (Codec)
        {
            case AudioCodec.Opus:
                return EncodeOpus(frame, payload);
            case AudioCodec.Pcmu:
                G711.EncodeUlaw(frame, payload);
                return frame.Length;
            case AudioCodec.Pcma:
                G711.EncodeAlaw(frame, payload);
                return frame.Length;
            default:
                return Rate == 16000 ? _g722!.Encode(frame, payload) : _g722!.EncodeNarrowband(frame, payload);
        }
    }

    private int EncodeOpus(ReadOnlySpan<short> frame, Span<byte> payload)
    {
        if (_silence!.TryRepeat(frame, payload) is > 0 and var repeated)
            return repeated;
        Follow(_opus!);
        var length = _opus!.Encode(frame, payload).Count;
        _silence.Keep(frame, payload[..length]);
        return length;
    }

    private void Follow(IOpusEncoder opus)
    {
        var isOtherEffort = _effort is { } effort && effort.Level != _made;
        if (isOtherEffort)
        {
            _made = _effort!.Level;
            opus.SetEffort(_effort.Complexity, _usesFec && _effort.Fec);
        }
        if (_protection is not { } protection || (protection.Percent == _prepared && !isOtherEffort))
            return;
        _prepared = protection.Percent;
        opus.SetProtection(
            protection.LossFor(_rate, _mostRate), protection.RateOf(_rate, _mostRate, _usesFec && _effort is not { Fec: false }));
    }

    public void Dispose() => _opus?.Dispose();
}
