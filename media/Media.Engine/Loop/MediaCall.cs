using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Media.Engine.Audio;
using Media.Engine.Session;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// One call's media: the handle its owner holds. Every method may be called from any thread; the work is done by the loop that owns the
/// call, in the order of the calls. Nothing here throws for what a peer sent: refusals are values.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "ReleaseAsync is its end: the loop frees what the loop owns.")]
public sealed class MediaCall
{
    /// <summary>The time that the files of recordings have to be closed in when the call is released.</summary>
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<MediaQuality> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MediaLoop _loop;
    private readonly LoopCall _call;
    private readonly Action<MediaCall> _onReleased;
    private int _isReleasing;
    private readonly TimeProvider _time;
    private readonly List<RecordingWriter> _recordings = []; // the loop's
    private long _ids;

    internal MediaCall(MediaLoop loop, LoopCall call, TimeProvider time, Action<MediaCall> onReleased) =>
        (_loop, _call, _time, _onReleased) = (loop, call, time, onReleased);

    /// <summary>
    /// The events, in order; completed by <see cref="ReleaseAsync"/>. Bounded: a reader that falls behind loses key presses first.
    /// </summary>
    public ChannelReader<MediaEvent> Events => _call.Events;

    /// <summary>
    /// Takes WhatsApp's offer (the user calls) and gives the one answer of this call, the same at every repetition; ICE starts.
    /// </summary>
    public Task<SdpResult> AnswerWhatsAppOfferAsync(string offer) => Ask((session, now) => session.AnswerWhatsAppOffer(offer, now));

    /// <summary>The offer of a call towards a WhatsApp user; the same at every repetition.</summary>
    public Task<SdpResult> CreateWhatsAppOfferAsync() => Ask((session, now) => session.CreateWhatsAppOffer(now));

    /// <summary>Takes WhatsApp's answer to our offer; ICE starts. No SDP on success.</summary>
    public Task<SdpResult> ApplyWhatsAppAnswerAsync(string answer) => Ask((session, now) => session.ApplyWhatsAppAnswer(answer, now));

    /// <summary>
    /// An offer towards the PBX: the first, a re-offer (same session id, next version), or the one a delayed-offer INVITE asks for. The
    /// last for each profile is kept, so that phones on several trunks can ring at once.
    /// </summary>
    public Task<SdpResult> CreatePbxOfferAsync(PbxMediaProfile profile, PbxSide side = PbxSide.First) =>
        Ask((session, now) => session.CreatePbxOffer(side, profile, now));

    /// <summary>
    /// Takes the PBX's answer, early or final: the newest, of any fork, is where the PBX is. No SDP on success.
    /// </summary>
    /// <param name="answer">Its description.</param>
    /// <param name="profile">The profile whose offer it answers, whatever was offered for others since.</param>
    /// <param name="side">The leg.</param>
    /// <param name="signaller">
    /// The address of a phone, as its signalling shows it: behind a NAT, media from there is believed before any other. None: not known.
    /// </param>
    public Task<SdpResult> ApplyPbxAnswerAsync(
        string answer, PbxMediaProfile profile, PbxSide side = PbxSide.First, TransportAddress signaller = default) =>
        Ask((session, now) => session.ApplyPbxAnswer(side, answer, profile, now, signaller));

    /// <summary>Answers an offer of the PBX: the first one and every renegotiation (hold, resume, moved media, other codec).</summary>
    /// <param name="offer">Its description.</param>
    /// <param name="profile">How the PBX is spoken to.</param>
    /// <param name="side">The leg.</param>
    /// <param name="signaller">As of an answer.</param>
    public Task<SdpResult> AnswerPbxOfferAsync(
        string offer, PbxMediaProfile profile, PbxSide side = PbxSide.First, TransportAddress signaller = default) =>
        Ask((session, now) => session.AnswerPbxOffer(side, offer, profile, now, signaller));

    /// <summary>
    /// The PBX's phone leaves the call, which goes on: nothing is sent to it once this is complete, and another may be described.
    /// </summary>
    public Task LeavePbxAsync(PbxSide side = PbxSide.First) => Ask((session, now) =>
    {
        session.LeavePbx(side, now);
        return default;
    });

    /// <summary>
    /// The agent consults: from now on the call's pbx leg and that of the other side, which may be described, hear each other. What the
    /// user says is heard by nobody, and the user hears what is played.
    /// </summary>
    public void Consult() => Tell((session, now) => session.Consult(now));

    /// <summary>
    /// The end of <see cref="Consult"/>: the user is connected with this side, whose peer is told nothing. The phone of the other has left:
    /// nothing is sent to it once this is complete.
    /// </summary>
    public Task ConnectPbxAsync(PbxSide side) => Ask((session, now) =>
    {
        session.ConnectPbx(side, now);
        return default;
    });

    /// <summary>
    /// Lets audio through to WhatsApp; before it nothing but ICE and DTLS goes there. From then on a packet goes every 20 ms: live audio,
    /// or generated silence while the PBX sends nothing.
    /// </summary>
    public void OpenAudio() => Tell((session, now) => session.OpenAudio(now));

    /// <summary>Sets the audio that each side hears while no clips are played to it.</summary>
    public void SetTreatment(AudioTreatment towardsWhatsApp, AudioTreatment towardsPbx) =>
        Tell((session, now) => session.SetTreatment(towardsWhatsApp, towardsPbx, now));

    /// <summary>
    /// Plays clips to a leg in place of its treatment, which it hears again after them; they begin at the next packet, and wait until the
    /// leg can be sent to. Another list replaces this one. Towards WhatsApp no pbx leg is needed. Keys and beeps that the PBX is to hear
    /// meanwhile begin the list anew.
    /// </summary>
    /// <param name="to">Who hears them.</param>
    /// <param name="clips">In their order; at least one.</param>
    /// <param name="repeat">What follows the last.</param>
    /// <returns>The id of <see cref="MediaEvent.PlayEnded"/>.</returns>
    /// <exception cref="ArgumentException">There is no clip.</exception>
    public long Play(CallLeg to, IReadOnlyList<AudioClip> clips, AudioRepeat repeat = AudioRepeat.None)
    {
        var list = new Playlist(clips, repeat, Interlocked.Increment(ref _ids));
        Tell((session, now) => session.Play(to, list, now));
        return list.Id;
    }

    /// <summary>The leg hears its treatment again. No event.</summary>
    public void StopPlaying(CallLeg to) => Tell((session, now) => session.Play(to, null, now));

    /// <summary>
    /// Records what the peer of a leg says as a WAV file, with or without another leg, until <see cref="MediaEvent.RecordingEnded"/>.
    /// Another recording of the leg ends this one.
    /// </summary>
    /// <param name="from">Who is recorded.</param>
    /// <param name="file">Where to: from now on the engine's, which disposes it. Best one that can seek.</param>
    /// <param name="options">What ends it.</param>
    /// <returns>The id of the event.</returns>
    /// <exception cref="ArgumentException">The options do not pass <see cref="AudioRecordingOptions.Validate"/>.</exception>
    public long Record(CallLeg from, Stream file, AudioRecordingOptions options)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new ArgumentException("Recording options: " + string.Join(" ", errors), nameof(options));
        var id = Interlocked.Increment(ref _ids);
        var writer = new RecordingWriter(file, options.SampleRate, _time, (reason, duration) => _loop.Post(
            () => _call.Announce(new MediaEvent.RecordingEnded(from, id, reason, duration), _loop.Counters)));
        if (Volatile.Read(ref _isReleasing) != 0)
        {
            writer.Complete(RecordingEnd.CallEnded);
            return id;
        }
        _loop.Post(() =>
        {
            _recordings.RemoveAll(earlier => earlier.Done.IsCompleted);
            _recordings.Add(writer);
            var begun = Try((session, now) =>
            {
                session.Record(from, options, writer, now);
                return default;
            });
            if (!begun.Succeeded)
                writer.Complete(RecordingEnd.CallEnded);
        });
        return id;
    }

    /// <summary>Ends the recording of a leg, if there is one.</summary>
    public void StopRecording(CallLeg from) => Tell((session, _) => session.StopRecording(from));

    /// <summary>Plays two beeps to the PBX: the call will end soon. What the PBX would have heard in that second is left out.</summary>
    public void WarnPbx() => Tell((session, now) => session.WarnPbx(now));

    /// <summary>
    /// Plays a key press (`0`–`9`, `*`, `#`, `A`–`D`) to one leg as an RFC 4733 event, or to a PBX that takes none in tones; presses queue,
    /// at most 64.
    /// </summary>
    public void SendDigit(CallLeg leg, char digit, TimeSpan duration) =>
        Tell((session, now) => session.SendDigit(leg, digit, duration, now));

    /// <summary>
    /// From now on this tap sees the call's packets in the clear, but for those of whom an agent consults; null: none does.
    /// </summary>
    public void SetTap(IMediaTap? tap) => Tell((session, _) => session.SetTap(tap));

    /// <summary>Quality so far, at most a second old.</summary>
    public MediaQuality GetQuality() => _call.Quality;

    /// <summary>How busy the loop is that has the call, a moment ago.</summary>
    public LoopLoad LoopLoad => _loop.Watch.Load;

    /// <summary>Ends the call's media and gives its final quality; the ports rest before their next use. Idempotent.</summary>
    public Task<MediaQuality> ReleaseAsync()
    {
        if (Interlocked.Exchange(ref _isReleasing, 1) == 0)
            _loop.Post(Release);
        return _released.Task;
    }

    /// <summary>
    /// The call's media as a value, from which another process goes on (<see cref="MediaEngine.Resume"/>); null: it cannot be continued
    /// now, because it is not connected and open, or in the midst of a consultation, a recording or an announcement.
    /// </summary>
    public Task<MediaSnapshot?> SnapshotAsync() => SaveAsync(handsOver: false);

    /// <summary>The same, for a call that is moved: if it can be continued, nothing is sent here any more, and it is released.</summary>
    public Task<MediaSnapshot?> HandOverAsync() => SaveAsync(handsOver: true);

    /// <summary>Ends the call's media here without a word to either side (no RTCP BYE, no close_notify): another process has it.</summary>
    public Task AbandonAsync()
    {
        _loop.Post(() => _call.IsSilent = true);
        return ReleaseAsync();
    }

    /// <summary>Goes on from a snapshot; to be called before anything else.</summary>
    internal void Resume(MediaSnapshot from, PbxMediaProfile profile, int takeovers) =>
        Tell((session, now) => session.Resume(from.Ahead(takeovers, now.ToDateTimeOffset()), profile, now));

    /// <summary>For tests: an exception inside this call, on its loop.</summary>
    internal void Break() => Tell((_, _) => throw new InvalidOperationException("broken on purpose"));

    private void Release()
    {
        try
        {
            _call.Publish(_call.Session.Release(_loop.Now));
        }
        catch (Exception e)
        {
            _loop.Fail(_call, e);
        }
        _loop.Settle(_call);
        if (_recordings.TrueForAll(writer => writer.Done.IsCompleted))
            Finish();
        else
            _ = FinishAsync([.. _recordings]);
    }

    /// <summary>Files are closed soon; a disk that stands still keeps no call.</summary>
    private async Task FinishAsync(RecordingWriter[] recordings)
    {
        await Task.WhenAny(Task.WhenAll(recordings.Select(writer => writer.Done)), Task.Delay(LongestClosing, _time));
        foreach (var writer in recordings)
            writer.GiveUp();
        _loop.Post(Finish);
    }

    private void Finish()
    {
        _onReleased(this);
        _call.Complete();
        _released.TrySetResult(GetQuality());
    }

    private Task<MediaSnapshot?> SaveAsync(bool handsOver)
    {
        if (Volatile.Read(ref _isReleasing) != 0)
            return Task.FromResult<MediaSnapshot?>(null);
        var result = new TaskCompletionSource<MediaSnapshot?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() =>
        {
            MediaSnapshot? saved = null;
            Try((session, now) =>
            {
                saved = _call.IsSilent ? null : session.Save(now);
                return default;
            });
            if (handsOver && saved is not null)
            {
                saved = saved with { IsExact = true };
                _ = AbandonAsync();
                _call.IsSilent = true; // at once: commands come later
            }
            result.SetResult(saved);
        });
        return result.Task;
    }

    private Task<SdpResult> Ask(Func<MediaSession, Instant, SdpResult> step)
    {
        if (Volatile.Read(ref _isReleasing) != 0)
            return Task.FromResult(SdpResult.Refused(SdpRefusal.Released));
        var result = new TaskCompletionSource<SdpResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() => result.SetResult(Try(step)));
        return result.Task;
    }

    private void Tell(Action<MediaSession, Instant> step) => _loop.Post(() => Try((session, now) =>
    {
        step(session, now);
        return default;
    }));

    private SdpResult Try(Func<MediaSession, Instant, SdpResult> step)
    {
        try
        {
            return _call.Session.IsOver ? SdpResult.Refused(SdpRefusal.Released) : step(_call.Session, _loop.Now);
        }
        catch (Exception e)
        {
            _loop.Fail(_call, e);
            return SdpResult.Refused(SdpRefusal.Internal, e.GetType().Name);
        }
        finally
        {
            _loop.Settle(_call);
        }
    }
}
