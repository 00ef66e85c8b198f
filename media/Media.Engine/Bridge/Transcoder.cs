using Media.Engine.Audio;
using Media.Engine.Codecs;
using Media.Engine.Legs;
using Media.Protocols.Sdp;
using Media.Protocols.Primitives;

namespace Media.Engine.Bridge;

/// <summary>
/// Payloads of one codec in, packets of the sink's codec and packet time out; packets of clips join them. What does not fill a
/// packet yet waits for the next samples.
/// </summary>
/// <remarks>
/// No resampler exists. Opus decodes to and encodes from either rate, and the lower sub-band of G.722 is an 8 kHz signal; so a path with
/// G.711 at one end runs at 8 kHz, and any other at 16 kHz.
/// </remarks>
internal sealed class Transcoder(MediaLeg sink, MediaContext context) : IDisposable
{
    private readonly short[] _pcm = new short[16 * 300]; // a 120 ms packet on top of an unfinished frame, at 16 kHz, with room
    private int _length;
    private AudioDecoder? _decoder;
    private AudioEncoder? _encoder;
    private SilenceGate? _gate; // null: silence is sent
    private byte _lastHeader;

    /// <summary>Samples per second inside.</summary>
    public int Rate { get; private set; } = 8000;

    /// <summary>The codec that arrives; null before <see cref="Prepare"/>.</summary>
    public AudioCodec? Source => _decoder?.Codec;

    /// <summary>Opus on both legs is forwarded. G.711 needs no such case: its tables give back the very byte that came.</summary>
    public bool IsSameOpus => Source == AudioCodec.Opus && sink.Sending.Codec == AudioCodec.Opus;

    /// <summary>Decoder and encoder for what comes and what goes, made anew when either changed.</summary>
    public void Prepare(AudioCodec source)
    {
        var target = sink.Sending.Codec;
        var rate = IsNarrow(source) || IsNarrow(target) ? 8000 : 16000;
        if (_decoder is null || _decoder.Codec != source || _decoder.Rate != rate)
        {
            _decoder?.Dispose();
            _decoder = new AudioDecoder(source, rate, context.Options.Opus.Implementation);
        }
        if (_encoder is null || _encoder.Codec != target || _encoder.Rate != rate)
        {
            _encoder?.Dispose();
            _encoder = new AudioEncoder(target, rate, context.Options.Opus, sink.Opus, context.Effort, sink.Protection);
        }
        if (target != AudioCodec.Opus || !context.Options.Opus.LeavesOutSilence(sink.Opus))
            _gate = null;
        else
            _gate ??= new SilenceGate();
        if (rate != Rate)
            _length = 0;
        Rate = rate;
    }

    /// <summary>Sends a payload as it came, where the listener takes it so. False: it has to be transcoded.</summary>
    public bool TryForward(ReadOnlySpan<byte> payload, Instant now)
    {
        if (!IsSameOpus || _decoder!.Measure(payload) != sink.PacketTime * Rate / 1000)
            return false;
        Forward(payload, now);
        return true;
    }

    /// <summary>Keeps the decoder in step with a payload that nobody is to hear.</summary>
    /// <returns>Milliseconds of audio in it.</returns>
    public int Discard(ReadOnlySpan<byte> payload) => _decoder!.Decode(payload, _pcm.AsSpan(_length)) * 1000 / Rate;

    /// <summary>Milliseconds that wait to be sent.</summary>
    public int Pending => _length * 1000 / Rate;

    /// <summary>Decodes a payload behind what waits; nothing is sent.</summary>
    /// <returns>Milliseconds of audio in it; 0: the codec did not understand it.</returns>
    public int Append(ReadOnlySpan<byte> payload)
    {
        var samples = _decoder!.Decode(payload, _pcm.AsSpan(_length));
        _length += samples;
        return samples * 1000 / Rate;
    }

    /// <summary>Puts silence behind what waits; nothing is sent.</summary>
    public void Append(int milliseconds)
    {
        var samples = milliseconds * Rate / 1000;
        _pcm.AsSpan(_length, samples).Clear();
        _length += samples;
    }

    /// <summary>Makes up for what did not come, behind what waits; nothing is sent.</summary>
    /// <param name="next">The payload after it, if it came and is of the same codec.</param>
    /// <param name="milliseconds">How much was lost.</param>
    /// <returns>True: it was restored from a copy in <paramref name="next"/>.</returns>
    public bool AppendConcealment(ReadOnlySpan<byte> next, int milliseconds)
    {
        var samples = _pcm.AsSpan(_length, Math.Min(milliseconds * Rate / 1000, _pcm.Length - _length));
        var isRestored = _decoder!.Conceal(next, samples);
        _length += samples.Length;
        return isRestored;
    }

    /// <summary>The mean square of the last samples that wait.</summary>
    public double MeanSquare(int milliseconds)
    {
        var samples = _pcm.AsSpan(0, _length)[Math.Max(0, _length - milliseconds * Rate / 1000)..];
        double sum = 0;
        foreach (var sample in samples)
            sum += (double)sample * sample;
        return samples.IsEmpty ? 0 : sum / samples.Length;
    }

    /// <summary>Fades the first of two frames that wait into the second: one frame less. Nothing, if only one waits.</summary>
    public void Merge(int milliseconds)
    {
        var frame = milliseconds * Rate / 1000;
        if (_length < 2 * frame)
            return;
        for (var i = 0; i < frame; i++)
            _pcm[i] = (short)((_pcm[i] * (frame - i) + _pcm[frame + i] * i) / frame);
        _pcm.AsSpan(2 * frame, _length - 2 * frame).CopyTo(_pcm.AsSpan(frame));
        _length -= frame;
    }

    /// <summary>Sends every whole frame of the sink's packet time.</summary>
    public void SendFrames(Instant now)
    {
        var frame = sink.PacketTime * Rate / 1000;
        var sent = 0;
        for (; _length - sent >= frame; sent += frame)
            SendFrame(_pcm.AsSpan(sent, frame), now);
        if (sent == 0)
            return;
        _pcm.AsSpan(sent, _length - sent).CopyTo(_pcm);
        _length -= sent;
    }

    /// <summary>Sends one frame of what waits, if so much does.</summary>
    public void SendFrame(Instant now)
    {
        var frame = sink.PacketTime * Rate / 1000;
        if (_length < frame)
            return;
        SendFrame(_pcm.AsSpan(0, frame), now);
        _pcm.AsSpan(frame, _length - frame).CopyTo(_pcm);
        _length -= frame;
    }

    /// <summary>Time passes that holds no audio: an unfinished packet is filled up with silence, the rest is not sent.</summary>
    public void Pause(int milliseconds, Instant now)
    {
        if (_length > 0)
        {
            var missing = Math.Clamp(sink.PacketTime - Pending, 0, milliseconds);
            Append(missing);
            SendFrames(now);
            milliseconds -= missing;
        }
        if (milliseconds <= 0)
            return;
        sink.Output.Skip(milliseconds * sink.UnitsPerMs, isPause: true);
        _gate?.Pass(milliseconds);
    }

    /// <summary>Lets a packet's time pass in silence, where it need not be sent. Nothing waits.</summary>
    public bool TryLeaveOutSilence()
    {
        if (_gate is not { } gate || gate.Handle(isSilent: true, sink.PacketTime) == FrameUse.Send)
            return false;
        sink.Output.Skip(sink.PacketTime * sink.UnitsPerMs, isPause: false);
        return true;
    }

    /// <summary>Sends a packet of a clip as it was encoded for all who hear it. Nothing waits.</summary>
    public void SendPacket(ClipPackets packets, int index, Instant now)
    {
        packets.Prepare(index);
        Finish(packets.Write(index, Begin()), now);
    }

    /// <summary>The source began anew.</summary>
    public void Reset() => _decoder?.Reset();

    public void Dispose()
    {
        _decoder?.Dispose();
        _encoder?.Dispose();
    }

    private static bool IsNarrow(AudioCodec codec) => codec is AudioCodec.Pcmu or AudioCodec.Pcma;

    private void Forward(ReadOnlySpan<byte> payload, Instant now)
    {
        _length = 0;
        Finish(payload.TryCopyTo(Begin()) ? payload.Length : 0, now);
    }

    private void SendFrame(ReadOnlySpan<short> frame, Instant now)
    {
        var use = Judge(frame);
        var payload = use == FrameUse.LeaveOut ? default : Begin();
        if (payload.IsEmpty)
            Finish(0, now);
        else if (use == FrameUse.Announce && _lastHeader != 0)
            Finish(WriteEmptyFrame(payload), now);
        else
            Finish(Encode(frame, payload), now);
    }

    private FrameUse Judge(ReadOnlySpan<short> frame)
    {
        if (_gate is not { } gate)
            return FrameUse.Send;
        var wasPausing = gate.IsPausing;
        var use = gate.Handle(frame, sink.PacketTime);
        if (wasPausing && !gate.IsPausing)
            sink.Output.Skip(0, isPause: true); // what follows begins a talkspurt
        return use;
    }

    private int Encode(ReadOnlySpan<short> frame, Span<byte> payload)
    {
        var length = _encoder!.Encode(frame, payload);
        _lastHeader = length > 0 ? payload[0] : (byte)0;
        return length;
    }

    /// <summary>RFC 6716 §3.1: the same configuration as before, one frame of no bytes.</summary>
    private int WriteEmptyFrame(Span<byte> payload)
    {
        payload[0] = (byte)(_lastHeader & ~3);
        return 1;
    }

    /// <summary>Empty where the packets of a key take the place of audio; time goes on.</summary>
    private Span<byte> Begin() => sink.DigitsOut is { IsActive: true } ? default : sink.BeginPayload();

    /// <summary>Sends a packet of the sink's packet time; of no length, its time passes without it.</summary>
    private void Finish(int length, Instant now)
    {
        var units = sink.PacketTime * sink.UnitsPerMs;
        if (length == 0)
            sink.Output.Skip(units, isPause: false);
        else
            sink.SendAudio(length, units, now);
    }
}
