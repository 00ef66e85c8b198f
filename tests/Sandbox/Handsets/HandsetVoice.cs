using Media.Engine.Codecs;
using Media.Native.Opus;
using Media.Protocols.Primitives;
using Testing;

namespace Sandbox.Handsets;

/// <summary>A handset's audio: sends a tone as packets of 20 ms, measures the tone in received packets. Opus at 16 kHz, or PCMU.</summary>
internal sealed class HandsetVoice(double hertz, int complexity) : IDisposable
{
    public const byte PcmuType = 0;
    private const int Rate = 16000;
    private const int FrameSamples = Rate / 50;

    /// <summary>A sample beyond this is sound: about -50 dB.</summary>
    private const short Audible = 100;

    private readonly OpusEncoder _encoder = new(new OpusEncoderOptions { SampleRate = Rate, Complexity = complexity });
    private readonly OpusDecoder _decoder = new(Rate);
    private readonly short[] _pcm = new short[Rate / 1000 * OpusDecoder.MaxPacketMilliseconds];
    private ToneGenerator? _tone = ToneFor(hertz);

    public ToneMeter Meter { get; } = new(Rate);

    /// <summary>Between two packets with sound.</summary>
    public LongestInterval Silence { get; } = new();

    /// <summary>0: silence.</summary>
    public void Sing(double tone) => _tone = ToneFor(tone);

    /// <summary>Writes the next 20 ms and returns the payload's length.</summary>
    public int Speak(Span<byte> payload, bool pcmu)
    {
        var frame = _pcm.AsSpan(0, FrameSamples);
        frame.Clear();
        _tone?.Fill(frame);
        if (!pcmu)
            return _encoder.Encode(frame, payload).Count;
        for (var i = 0; i < FrameSamples / 2; i++)
            frame[i] = frame[2 * i];
        G711.EncodeUlaw(frame[..(FrameSamples / 2)], payload);
        return FrameSamples / 2;
    }

    public void Hear(ReadOnlySpan<byte> payload, byte payloadType, Instant now)
    {
        var count = payloadType == PcmuType ? DecodePcmu(payload) : _decoder.Decode(payload, _pcm).Count;
        Meter.Listen(_pcm.AsSpan(0, count));
        if (_pcm.AsSpan(0, count).ContainsAnyExceptInRange((short)-Audible, Audible))
            Silence.Note(now);
    }

    /// <summary>Forgets what was heard.</summary>
    public void Forget()
    {
        Meter.Clear();
        Silence.Forget();
    }

    private int DecodePcmu(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _pcm.Length / 2)
            return 0;
        G711.DecodeUlaw(payload, _pcm);
        for (var i = payload.Length - 1; i >= 0; i--)
            _pcm[2 * i] = _pcm[2 * i + 1] = _pcm[i]; // good enough to find a tone in
        return payload.Length * 2;
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
    }

    private static ToneGenerator? ToneFor(double hertz) => hertz > 0 ? new ToneGenerator(hertz, Rate) : null;
}
