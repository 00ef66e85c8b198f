using Media.Engine.Audio;
using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Sdp;

namespace Media.Engine.Bridge;

/// <summary>
/// One direction of a call's audio: from what one leg received to what the other sends. Both directions are made of the same stages; they
/// stand in their order in <see cref="Carry"/>, <see cref="Pass"/> and <see cref="Send"/>.
/// </summary>
/// <remarks>
/// Driven by arrival, so that the listener gets the sender's own sampling times. Only when nothing arrives for <paramref name="silence"/>,
/// when something other than the live audio is to be heard, or when the listener is to be paced (<see cref="AdaptivePlayer"/>), a timer
/// makes the frames (<see cref="HandleDeadline"/>); they join at <see cref="Send"/>.
/// </remarks>
internal sealed class AudioPath(MediaLeg from, MediaLeg to, MediaContext context, TimeSpan silence) : IDisposable
{
    /// <summary>Of what is assumed lost before anything was heard, ms; and what clips are ahead of the live audio at most.</summary>
    private const int FrameMs = 20;

    /// <summary>
    /// Clips of all calls are sent at common points of time, so that a loop wakes once for many of them. Divides every packet time.
    /// </summary>
    private const long Grid = 5 * TimeSpan.TicksPerMillisecond;

    /// <summary>A loop held up for longer than this catches up by skipping, not by a burst.</summary>
    private static readonly TimeSpan MaxCatchUp = TimeSpan.FromMilliseconds(60);

    /// <summary>
    /// A phone that holds the call goes on sending until it has our answer; what comes later is meant for the one who waits.
    /// </summary>
    private static readonly TimeSpan HoldTail = TimeSpan.FromSeconds(1);

    /// <summary>A source that has sent so much after that tail has audio of its own for the one who waits.</summary>
    private static readonly TimeSpan LeastHoldAudio = TimeSpan.FromSeconds(0.5);

    /// <summary>Packets further apart have no audio between them: with a single one, now and then, some keep a NAT open (RFC 6263).
    /// </summary>
    private static readonly TimeSpan MaxPacketDistance = TimeSpan.FromMilliseconds(200);

    private readonly Transcoder _transcoder = new(to, context);
    private readonly PlayoutTimeline _line = new();
    private int _packetMs = FrameMs;
    private AudioCodec? _codec;

    private bool _isRunning;
    private bool _isGenerating;
    private Instant _nextFrame = Instant.Never;
    private Instant _heldAt = Instant.Never;
    private TimeSpan _holdAudio; // of the source's, in this hold
    private Instant _lastAudio;
    private Instant _lastAudioPacket;
    private Playlist? _ended;

    /// <summary>The clips that the listener is to hear in place of the live audio; null: the live audio.</summary>
    public Playlist? Played { get; set; }

    /// <summary>
    /// The clips that the listener hears while a live source is silent: hold music, if the source holds the call and sends no audio of its
    /// own.
    /// </summary>
    public Playlist Filler { get; set; } = TreatmentAudio.Silence;

    /// <summary>The time that the source has to be silent before <see cref="Filler"/> is heard.</summary>
    public TimeSpan FillerAfter { get; set; }

    /// <summary>A packet of audio came, whether or not it was passed on.</summary>
    public bool HasHeardAudio { get; private set; }

    public Instant NextDeadline => Instant.Min(
        from.Playout is null ? from.Incoming.NextDeadline : Instant.Never, _isRunning ? _nextFrame : Instant.Never);

    /// <summary>The source holds the call from now on: whether it has audio for the one who waits is seen anew.</summary>
    public void BeginHold(Instant now) => (_heldAt, _lastAudio, _holdAudio) = (now, now, default);

    /// <summary>A packet of the source's, which the leg has received, decrypted and read.</summary>
    public void Carry(in RtpPacketReader packet, Instant now)
    {
        from.CountReceived(packet, now); // for the reports to the peer, and for the score
        from.ReadKeys(packet, now);      // key presses leave the audio here, and pass no codec
        if (!packet.Payload.IsEmpty && from.TryGetCodec(packet.PayloadType, out _))
            NoteAudio(now);
        from.PutInOrder(packet, now);    // behind those it overtook, which are waited for
        Drain(now);
    }

    /// <summary>Takes what the source has in order; where the listener is paced, it stays until its frame is due.</summary>
    private void Drain(Instant now)
    {
        if (from.Playout is { } playout)
        {
            if (IsLive)
                Player.MakeRoom(playout);
            else
                Player.Drop(playout);
            return;
        }
        while (from.Incoming.TryPop(now, out var item))
        {
            if (item.Kind == JitterItemKind.Lost)
                MakeUpFor(item, now);
            else if (!item.Payload.IsEmpty && from.TryGetCodec(item.PayloadType, out var codec))
                Pass(item, codec, now); // telephone-events were read; comfort noise, and a packet of nothing, is silence
        }
    }

    /// <summary>A packet in order.</summary>
    private void Pass(in JitterItem item, AudioCodec codec, Instant now)
    {
        if (!TryPlace(item, codec, now, out var pause)) // on the listener's time line
            return;
        Pause(pause, now);                              // the time before it that held no audio
        if (!TryForward(item.Payload, now))             // as it is, between equal codecs …
            Decode(item.Payload);                       // … or to samples, behind those that do not fill a packet yet
        Send(now);
        Await(now);
    }

    /// <summary>The last stages: samples are cut to the listener's packet time, encoded, given a header, encrypted, sent.</summary>
    private void Send(Instant now) => _transcoder.SendFrames(now);

    /// <summary>Starts or stops with the sink; to be called whenever it, or the treatment, may have changed.</summary>
    public void Refresh(Instant now)
    {
        var wasRunning = _isRunning;
        _isRunning = to.CanSend;
        if (_isRunning && from.Playout is not null && wasRunning)
        {
            _nextFrame = Instant.Min(_nextFrame, now + TimeSpan.FromMilliseconds(to.PacketTime)); // it is paced, or begins to be
            return;
        }
        if (_isRunning && (!wasRunning || Played is not null && !_isGenerating))
            Generate(now);
    }

    public void HandleDeadline(Instant now)
    {
        if (from.Incoming.NextDeadline <= now)
            Drain(now);
        if (!_isRunning || _nextFrame > now)
            return;
        if (!_isGenerating && from.Playout is null)
            Generate(now);
        if (now - _nextFrame > MaxCatchUp)
        {
            Pause((int)(now - _nextFrame).TotalMilliseconds, now);
            _nextFrame = now;
        }
        for (; _nextFrame <= now; _nextFrame = FrameAfter(_nextFrame))
            if (from.Playout is { } playout && Played is null && Player.IsHeard(silence, now))
                PlayFrame(playout, now);
            else
                GenerateFrame(now);
    }

    /// <summary>Takes the list that was played to its end, once.</summary>
    public Playlist? TakeEnded()
    {
        var ended = _ended;
        _ended = null;
        return ended;
    }

    public void Dispose() => _transcoder.Dispose();

    private AdaptivePlayer Player => field ??= new AdaptivePlayer(from, _transcoder, context.Counters);

    private ClipPlayer Clips => field ??= new ClipPlayer(to, _transcoder, context.Clips);

    private bool IsLive => _isRunning && Played is null;

    /// <summary>False: nobody is to hear it, or its place is taken.</summary>
    /// <param name="item">The packet.</param>
    /// <param name="codec">Of its payload type.</param>
    /// <param name="now">The time.</param>
    /// <param name="pause">Milliseconds before it that held no audio.</param>
    private bool TryPlace(in JitterItem item, AudioCodec codec, Instant now, out int pause)
    {
        pause = 0;
        if (item.IsRestart)
            _transcoder.Reset();
        if (item.IsRestart || _codec?.ClockRate() != codec.ClockRate())
            _line.Rebase();
        _codec = codec;
        if (!IsLive)
        {
            _line.Follow(item.Timestamp, codec.ClockRate(), now);
            return false;
        }
        _transcoder.Prepare(codec);
        if (_line.TryPlace(item.Timestamp, codec.ClockRate(), now, out pause))
            return true;
        _transcoder.Discard(item.Payload);
        from.Count(PlayoutOutcome.Discarded);
        Await(now); // the source is back: what comes next finds its place free
        return false;
    }

    /// <summary>The source has sent a packet of audio.</summary>
    private void NoteAudio(Instant now)
    {
        HasHeardAudio = true;
        var distance = now - _lastAudioPacket;
        _lastAudioPacket = now;
        if (distance > MaxPacketDistance)
            return;
        _lastAudio = now;
        if (now - _heldAt > HoldTail)
            _holdAudio += distance;
    }

    private bool TryForward(ReadOnlySpan<byte> payload, Instant now)
    {
        if (!_transcoder.TryForward(payload, now))
            return false;
        _line.Write(_packetMs = to.PacketTime);
        return true;
    }

    private void Decode(ReadOnlySpan<byte> payload)
    {
        var milliseconds = _transcoder.Append(payload);
        if (milliseconds > 0)
        {
            _line.Write(_packetMs = milliseconds);
            return;
        }
        context.Counters.DecodeErrors++;
        Conceal(default, _packetMs);
    }

    /// <summary>
    /// The packet after the loss says how much time was lost: concealment begins where the audio ended, and the copy of the last lost
    /// packet stands directly before its successor. What is left between them is a pause of the sender, or too long to be concealed.
    /// </summary>
    private void MakeUpFor(in JitterItem item, Instant now)
    {
        if (!IsLive || _transcoder.Source is not { } codec)
            return;
        var room = _line.RoomBefore(item.NextTimestamp, codec.ClockRate());
        var isLast = item.Missing == 1;
        if (room < (isLast ? 1 : 2 * _packetMs) || _isGenerating && !isLast)
            return; // they held no audio (telephone-events), or their place is taken
        var milliseconds = Math.Min(_packetMs, room);
        if (isLast)
            Pause(room - milliseconds, now);
        if (_transcoder.IsSameOpus)
        {
            to.Output.SkipLost(milliseconds * to.UnitsPerMs); // the listener's decoder has FEC too
            _line.Write(milliseconds);
        }
        else
        {
            Conceal(from.TryGetCodec(item.PayloadType, out var next) && next == codec ? item.Payload : default, milliseconds);
            Send(now);
        }
        Await(now);
    }

    private void Conceal(ReadOnlySpan<byte> next, int milliseconds)
    {
        from.Count(_transcoder.AppendConcealment(next, milliseconds) ? PlayoutOutcome.Recovered : PlayoutOutcome.Concealed);
        _line.Write(milliseconds);
    }

    /// <summary>Time passes that holds no audio.</summary>
    private void Pause(int milliseconds, Instant now)
    {
        if (milliseconds <= 0)
            return;
        _transcoder.Pause(milliseconds, now);
        _line.Write(milliseconds);
    }

    /// <summary>Live audio came: the time line is the source's.</summary>
    private void Await(Instant now)
    {
        _isGenerating = false;
        _nextFrame = now + silence;
        Clips.Stop();
    }

    /// <summary>Clips follow. A packet goes out when the last part of it is due: what is live again finds its place free.</summary>
    private void Generate(Instant now)
    {
        var isPaced = from.Playout is not null;
        Pause(isPaced ? (int)Math.Max(0, (now - _nextFrame).TotalMilliseconds) : _line.BeginGenerated(now), now);
        _isGenerating = true;
        _nextFrame = isPaced ? now : now + TimeSpan.FromMilliseconds(Math.Max(0, to.PacketTime - FrameMs));
    }

    /// <summary>A pause of announcements is theirs: a source without audio of its own in this hold leaves the listener to us.</summary>
    private bool IsFillerDue(Instant now) => _holdAudio < LeastHoldAudio && now - _lastAudio > FillerAfter;

    /// <summary>
    /// A packet time later; for clips at the common point before it, once: the peer's audio has its place <see cref="PlayoutTimeline"/>'s
    /// lag ahead, and the stream never pauses for longer. Who is paced has a clock of its own.
    /// </summary>
    private Instant FrameAfter(Instant frame)
    {
        var next = frame + TimeSpan.FromMilliseconds(to.PacketTime);
        return from.Playout is null ? new Instant(next.Ticks - next.Ticks % Grid) : next;
    }

    private void Prepare() => _transcoder.Prepare(_transcoder.Source ?? (from.Codecs.Count > 0 ? from.Codecs[0].Codec : to.Sending.Codec));

    private void PlayFrame(AdaptivePlayout playout, Instant now)
    {
        Clips.Stop();
        Prepare();
        Player.Play(playout, to.PacketTime, now);
    }

    private void GenerateFrame(Instant now)
    {
        from.Playout?.Stop();
        if (_transcoder.Pending > 0)
        {
            Prepare();
            Pause(Math.Max(1, to.PacketTime - _transcoder.Pending), now); // live audio that did not fill a packet goes first
            return;
        }
        if (Played is not { } played || !Clips.TrySend(played, now))
        {
            (_ended, Played) = (Played ?? _ended, null);
            var list = IsFillerDue(now) ? Filler : TreatmentAudio.Silence;
            if (list != TreatmentAudio.Silence || !_transcoder.TryLeaveOutSilence())
                Clips.TrySend(list, now);
        }
        _line.Write(to.PacketTime);
    }
}
