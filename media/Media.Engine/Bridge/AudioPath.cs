using Media.Engine.Audio;
using Media.Engine.Legs;
using Media.Engine.Net;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Media.Engine.Bridge;

/// <summary>
/// One direction of a call: what one leg receives, turned into what the other sends. Driven by arrival; only when nothing arrives, or when
/// something other than the live audio is to be heard, a timer generates a frame every 20 ms.
/// </summary>
internal sealed class AudioPath : IDisposable
{
    /// <summary>Of generated audio, and of what is assumed lost before anything was heard, ms.</summary>
    private const int FrameMs = 20;

    /// <summary>How much later than expected the next packet may come before silence is generated.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(40);

    /// <summary>A loop held up for longer than this catches up by skipping, not by a burst.</summary>
    private static readonly TimeSpan MaxCatchUp = TimeSpan.FromMilliseconds(60);

    /// <summary>Of audio that came too late to be played in its time, this much at most is left out, ms.</summary>
    private const int MaxLeftOutMs = 500;

    /// <summary>How long a PBX that holds the call may take to begin music of its own.</summary>
    private static readonly TimeSpan HoldPatience = TimeSpan.FromSeconds(1);

    private readonly MediaLeg _from;
    private readonly MediaLeg _to;
    private readonly MediaLoop _loop;

    private readonly short[] _pcm = new short[16 * 300]; // a 120 ms packet on top of an unfinished frame, at 16 kHz, with room
    private int _pcmLength;
    private AudioDecoder? _decoder;
    private AudioEncoder? _encoder;
    private int _rate = 8000;
    private int _packetMs = FrameMs;
    private RtpExpectation _expected;

    private bool _isRunning;
    private bool _isGenerating;
    private int _filledMs;
    private Instant _lastLive;
    private Instant _nextFrame = Instant.Never;
    private AudioLoop? _played;
    private int _position;

    public AudioPath(MediaLeg from, MediaLeg to, MediaLoop loop) => (_from, _to, _loop) = (from, to, loop);

    /// <summary>What the listener is to hear.</summary>
    public AudioTreatment Treatment { get; set; } = AudioTreatment.Live;

    /// <summary>What the listener hears while a live source is silent: hold music, if the source holds the call.</summary>
    public AudioTreatment Filler { get; set; } = AudioTreatment.Silence;

    public RingbackTone Tone { get; set; }

    /// <summary>A packet of audio came, whether or not it was passed on.</summary>
    public bool HasHeardAudio { get; private set; }

    public Instant NextDeadline => Instant.Min(_from.Incoming.NextDeadline, _isRunning ? _nextFrame : Instant.Never);

    /// <summary>Takes what the source leg has in order.</summary>
    public void Drain(Instant now)
    {
        while (_from.Incoming.TryPop(now, out var item))
        {
            if (item.Kind == JitterItemKind.Lost)
                HandleLoss(item, now);
            else
                HandlePacket(item, now);
        }
    }

    /// <summary>Starts or stops with the sink; to be called whenever it, or the treatment, may have changed.</summary>
    public void Refresh(Instant now)
    {
        if (!_to.CanSend)
        {
            _isRunning = false;
            return;
        }
        if (!_isRunning || Treatment != AudioTreatment.Live && !_isGenerating)
            Generate(now);
        _isRunning = true;
    }

    public void HandleDeadline(Instant now)
    {
        if (_from.Incoming.NextDeadline <= now)
            Drain(now);
        if (!_isRunning || _nextFrame > now)
            return;
        if (!_isGenerating && _from.Incoming.NextDeadline != Instant.Never)
        {
            // Packets are there and wait for a missing one: they, or its concealment, come first.
            _nextFrame = Instant.Min(_from.Incoming.NextDeadline, now + Patience);
            return;
        }
        if (!_isGenerating)
        {
            // The source fell silent. The time waited for it is a pause in our stream.
            _to.Output.Skip(UnitsOf(Patience), isPause: true);
            Generate(now);
        }
        if (now - _nextFrame > MaxCatchUp)
        {
            _to.Output.Skip(UnitsOf(now - _nextFrame), isPause: true);
            _nextFrame = now;
        }
        for (; _nextFrame <= now; _nextFrame += TimeSpan.FromMilliseconds(FrameMs))
            GenerateFrame(now);
    }

    public void Dispose()
    {
        _decoder?.Dispose();
        _encoder?.Dispose();
    }

    private void HandlePacket(in JitterItem item, Instant now)
    {
        if (!_from.TryGetCodec(item.PayloadType, out var codec))
            return; // telephone-events were read at arrival; comfort noise is silence
        HasHeardAudio = true;
        if (item.IsRestart)
        {
            _decoder?.Reset();
            _expected = default;
        }
        if (!_isRunning || Treatment != AudioTreatment.Live)
        {
            _expected = default;
            return;
        }
        Prepare(codec);
        var pauseMs = _expected.PauseBefore(item.Timestamp, codec.ClockRate());
        if (pauseMs > 0 && !_isGenerating)
            _to.Output.Skip(pauseMs * _to.UnitsPerMs, isPause: true);

        if (IsOverdue(now))
        {
            LeaveOut(item, codec);
            return;
        }
        var samples = CanForward(codec, item.Payload) ? Forward(item.Payload, now) : Transcode(item.Payload, now);
        if (samples == 0)
        {
            _loop.Counters.DecodeErrors++;
            samples = _packetMs * _rate / 1000;
            ConcealInto(default, now);
        }
        _packetMs = Math.Max(1, samples * 1000 / _rate);
        _expected = new RtpExpectation(item.Timestamp + _packetMs * codec.ClockRate() / 1000);
        Await(now);
    }

    private void HandleLoss(in JitterItem item, Instant now)
    {
        if (!_isRunning || Treatment != AudioTreatment.Live || _decoder is null || !HasHeardAudio)
            return;
        if (_from.TryGetCodec(item.PayloadType, out var codec) && codec != _decoder.Codec)
            return;
        if (IsSameOpus(_decoder.Codec))
            _to.Output.SkipLost(_packetMs * _to.UnitsPerMs); // the listener's decoder has FEC too
        else
            ConcealInto(codec == _decoder.Codec && _from.TryGetCodec(item.PayloadType, out _) ? item.Payload : default, now);
        _expected = new RtpExpectation(item.Timestamp + _packetMs * _decoder.Codec.ClockRate() / 1000);
        Await(now);
    }

    /// <summary>
    /// After a network freeze the packets of that time come all at once. Silence has taken their place already; sent on top of it they would
    /// delay everything after them. Packets at their usual pace, as after a pause of the sender, are never left out.
    /// </summary>
    private bool IsOverdue(Instant now)
    {
        if (_isGenerating || _filledMs < _packetMs)
            return false;
        if (now - _lastLive < TimeSpan.FromMilliseconds(_packetMs / 2.0))
            return true;
        _filledMs = 0;
        return false;
    }

    private void LeaveOut(in JitterItem item, AudioCodec codec)
    {
        _ = _decoder!.Decode(item.Payload, _pcm.AsSpan(_pcmLength)); // keeps the decoder in step
        _filledMs -= _packetMs;
        _expected = new RtpExpectation(item.Timestamp + _packetMs * codec.ClockRate() / 1000);
    }

    /// <summary>Live audio came: the next packet is expected when this one has been played.</summary>
    private void Await(Instant now)
    {
        _isGenerating = false;
        _lastLive = now;
        _nextFrame = now + TimeSpan.FromMilliseconds(_packetMs) + Patience;
    }

    private void Generate(Instant now)
    {
        _isGenerating = true;
        _filledMs = 0;
        _nextFrame = now;
        _position = 0;
        _played = null;
    }

    private void GenerateFrame(Instant now)
    {
        Prepare(_decoder?.Codec ?? DefaultSource());
        var treatment = Treatment != AudioTreatment.Live ? Treatment
            : now - _from.LastHeard > HoldPatience ? Filler
            : AudioTreatment.Silence;
        if (Treatment == AudioTreatment.Live)
            _filledMs = Math.Min(_filledMs + FrameMs, MaxLeftOutMs);
        var loop = AudioLoops.Get(treatment, Tone, _rate);
        if (loop != _played)
            (_played, _position) = (loop, 0);
        var length = FrameMs * _rate / 1000;
        _position = loop.Read(_position, _pcm.AsSpan(_pcmLength, length));
        _pcmLength += length;
        SendFrames(now);
    }

    /// <summary>Decoder and encoder for what comes and what goes, made anew when either changed.</summary>
    private void Prepare(AudioCodec source)
    {
        var sink = _to.Sending.Codec;
        // No resampler exists. Opus runs at either rate, and G.722's lower sub-band is an 8 kHz signal.
        var rate = IsNarrow(source) || IsNarrow(sink) ? 8000 : 16000;
        if (_decoder is null || _decoder.Codec != source || _decoder.Rate != rate)
        {
            _decoder?.Dispose();
            _decoder = new AudioDecoder(source, rate);
        }
        if (_encoder is null || _encoder.Codec != sink || _encoder.Rate != rate)
        {
            _encoder?.Dispose();
            _encoder = new AudioEncoder(sink, rate, _loop.Options.Opus, _to.Opus);
        }
        if (rate != _rate)
            _pcmLength = 0;
        _rate = rate;
    }

    private AudioCodec DefaultSource() => _from.Codecs.Count > 0 ? _from.Codecs[0].Codec : _to.Sending.Codec;

    private static bool IsNarrow(AudioCodec codec) => codec is AudioCodec.Pcmu or AudioCodec.Pcma;

    private bool IsSameOpus(AudioCodec source) => source == AudioCodec.Opus && _to.Sending.Codec == AudioCodec.Opus;

    /// <summary>G.711 on both legs needs no case of its own: its tables give back the very byte that came.</summary>
    private bool CanForward(AudioCodec codec, ReadOnlySpan<byte> payload) =>
        IsSameOpus(codec) && _decoder!.Measure(payload) == _to.PacketTime * _rate / 1000;

    private int Forward(ReadOnlySpan<byte> payload, Instant now)
    {
        _pcmLength = 0;
        var units = _to.PacketTime * _to.UnitsPerMs;
        if (_to.DigitsOut is { IsActive: true })
        {
            _to.Output.Skip(units, isPause: false);
            return _to.PacketTime * _rate / 1000;
        }
        var destination = _to.BeginPayload();
        if (payload.Length > destination.Length)
            return 0;
        payload.CopyTo(destination);
        _to.SendAudio(payload.Length, units, now);
        return _to.PacketTime * _rate / 1000;
    }

    private int Transcode(ReadOnlySpan<byte> payload, Instant now)
    {
        var samples = _decoder!.Decode(payload, _pcm.AsSpan(_pcmLength));
        _pcmLength += samples;
        SendFrames(now);
        return samples;
    }

    private void ConcealInto(ReadOnlySpan<byte> next, Instant now)
    {
        var length = Math.Min(_packetMs * _rate / 1000, _pcm.Length - _pcmLength);
        _decoder!.Conceal(next, _pcm.AsSpan(_pcmLength, length));
        _pcmLength += length;
        SendFrames(now);
    }

    /// <summary>Sends every whole frame of the sink's packet time.</summary>
    private void SendFrames(Instant now)
    {
        var frame = _to.PacketTime * _rate / 1000;
        var units = _to.PacketTime * _to.UnitsPerMs;
        var sent = 0;
        for (; _pcmLength - sent >= frame; sent += frame)
            SendFrame(_pcm.AsSpan(sent, frame), units, now);
        if (sent == 0)
            return;
        _pcm.AsSpan(sent, _pcmLength - sent).CopyTo(_pcm);
        _pcmLength -= sent;
    }

    private void SendFrame(ReadOnlySpan<short> frame, int units, Instant now)
    {
        // While a key is played to the peer its packets take the place of audio; time goes on.
        var payload = _to.DigitsOut is { IsActive: true } ? default : _to.BeginPayload();
        var length = payload.IsEmpty ? 0 : _encoder!.Encode(frame, payload);
        if (length == 0)
            _to.Output.Skip(units, isPause: false);
        else
            _to.SendAudio(length, units, now);
    }

    private int UnitsOf(TimeSpan time) => (int)(time.Ticks * _to.UnitsPerMs / TimeSpan.TicksPerMillisecond);
}
