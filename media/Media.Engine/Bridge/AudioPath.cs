using Media.Engine.Audio;
using Media.Engine.Legs;
using Media.Engine.Metrics;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;

namespace Media.Engine.Bridge;

/// <summary>
/// One direction of a call: when what one leg receives goes to the other. Driven by arrival; only when nothing arrives, or when something
/// other than the live audio is to be heard, a timer generates a frame every 20 ms.
/// </summary>
internal sealed class AudioPath(MediaLeg from, MediaLeg to, OpusOptions options, LoopCounters counters) : IDisposable
{
    /// <summary>Of generated audio, and of what is assumed lost before anything was heard, ms.</summary>
    private const int FrameMs = 20;

    /// <summary>Of audio that came too late to be played in its time, this much at most is left out, ms.</summary>
    private const int MaxLeftOutMs = 500;

    /// <summary>How much later than expected the next packet may come before silence is generated.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(40);

    /// <summary>A loop held up for longer than this catches up by skipping, not by a burst.</summary>
    private static readonly TimeSpan MaxCatchUp = TimeSpan.FromMilliseconds(60);

    /// <summary>How long a PBX that holds the call may take to begin music of its own.</summary>
    private static readonly TimeSpan HoldPatience = TimeSpan.FromSeconds(1);

    private readonly Transcoder _transcoder = new(to, options);
    private int _packetMs = FrameMs;
    private RtpExpectation _expected;
    private Instant _lastLive;

    private bool _isRunning;
    private bool _isGenerating;
    private int _filledMs;
    private Instant _nextFrame = Instant.Never;
    private AudioLoop? _played;
    private int _position;

    /// <summary>What the listener is to hear.</summary>
    public AudioTreatment Treatment { get; set; } = AudioTreatment.Live;

    /// <summary>What the listener hears while a live source is silent: hold music, if the source holds the call.</summary>
    public AudioTreatment Filler { get; set; } = AudioTreatment.Silence;

    public RingbackTone Tone { get; set; }

    /// <summary>A packet of audio came, whether or not it was passed on.</summary>
    public bool HasHeardAudio { get; private set; }

    public Instant NextDeadline => Instant.Min(from.Incoming.NextDeadline, _isRunning ? _nextFrame : Instant.Never);

    /// <summary>Takes what the source leg has in order.</summary>
    public void Drain(Instant now)
    {
        while (from.Incoming.TryPop(now, out var item))
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
        var wasRunning = _isRunning;
        _isRunning = to.CanSend;
        if (_isRunning && (!wasRunning || Treatment != AudioTreatment.Live && !_isGenerating))
            Generate(now);
    }

    public void HandleDeadline(Instant now)
    {
        if (from.Incoming.NextDeadline <= now)
            Drain(now);
        if (!_isRunning || _nextFrame > now)
            return;
        if (!_isGenerating)
        {
            if (from.Incoming.NextDeadline != Instant.Never)
            {
                // Packets are there and wait for a missing one: they, or its concealment, come first.
                _nextFrame = Instant.Min(from.Incoming.NextDeadline, now + Patience);
                return;
            }
            // The source fell silent. The time waited for it is a pause in our stream.
            to.Output.Skip(UnitsOf(Patience), isPause: true);
            Generate(now);
        }
        if (now - _nextFrame > MaxCatchUp)
        {
            to.Output.Skip(UnitsOf(now - _nextFrame), isPause: true);
            _nextFrame = now;
        }
        for (; _nextFrame <= now; _nextFrame += TimeSpan.FromMilliseconds(FrameMs))
            GenerateFrame(now);
    }

    public void Dispose() => _transcoder.Dispose();

    private void HandlePacket(in JitterItem item, Instant now)
    {
        if (!from.TryGetCodec(item.PayloadType, out var codec))
            return; // telephone-events were read at arrival; comfort noise is silence
        HasHeardAudio = true;
        if (item.IsRestart)
            _transcoder.Reset();
        if (item.IsRestart || !_isRunning || Treatment != AudioTreatment.Live)
            _expected = default;
        if (!_isRunning || Treatment != AudioTreatment.Live)
            return;
        _transcoder.Prepare(codec);
        if (IsOverdue(now))
        {
            _transcoder.Discard(item.Payload);
            _filledMs -= _packetMs;
            Expect(item.Timestamp, codec);
            return;
        }
        var pauseMs = _expected.PauseBefore(item.Timestamp, codec.ClockRate());
        if (pauseMs > 0 && !_isGenerating)
            to.Output.Skip(pauseMs * to.UnitsPerMs, isPause: true);
        var milliseconds = _transcoder.Pass(item.Payload, now);
        if (milliseconds == 0)
        {
            counters.DecodeErrors++;
            _transcoder.Conceal(default, _packetMs, now);
        }
        else
        {
            _packetMs = milliseconds;
        }
        Expect(item.Timestamp, codec);
        Await(now);
    }

    private void HandleLoss(in JitterItem item, Instant now)
    {
        if (!_isRunning || Treatment != AudioTreatment.Live || _transcoder.Source is not { } codec)
            return;
        if (_transcoder.IsSameOpus)
            to.Output.SkipLost(_packetMs * to.UnitsPerMs); // the listener's decoder has FEC too
        else
            _transcoder.Conceal(from.TryGetCodec(item.PayloadType, out var next) && next == codec ? item.Payload : default, _packetMs, now);
        Expect(item.Timestamp, codec);
        Await(now);
    }

    private void Expect(RtpTimestamp timestamp, AudioCodec codec) =>
        _expected = new RtpExpectation(timestamp + _packetMs * codec.ClockRate() / 1000);

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
        _played = null;
    }

    private void GenerateFrame(Instant now)
    {
        _transcoder.Prepare(_transcoder.Source ?? (from.Codecs.Count > 0 ? from.Codecs[0].Codec : to.Sending.Codec));
        if (Treatment == AudioTreatment.Live)
            _filledMs = Math.Min(_filledMs + FrameMs, MaxLeftOutMs);
        var treatment = Treatment != AudioTreatment.Live ? Treatment
            : now - from.LastHeard > HoldPatience ? Filler
            : AudioTreatment.Silence;
        var loop = AudioLoops.Get(treatment, Tone, _transcoder.Rate);
        if (loop != _played)
            (_played, _position) = (loop, 0);
        _position = loop.Read(_position, _transcoder.Reserve(FrameMs));
        _transcoder.Play(FrameMs, now);
    }

    private int UnitsOf(TimeSpan time) => (int)(time.Ticks * to.UnitsPerMs / TimeSpan.TicksPerMillisecond);
}
