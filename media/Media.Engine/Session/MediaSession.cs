using System.Diagnostics.CodeAnalysis;
using Media.Engine.Audio;
using Media.Engine.Bridge;
using Media.Engine.Legs;
using Media.Protocols.Datagrams;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Engine.Session;

/// <summary>
/// The media of one call: two legs and the bridge between them, sans I/O. Feed it datagrams, requests and time; what it sends goes to its
/// <see cref="IMediaPort"/>. After every call drain <see cref="TryPollEvent"/> and <see cref="TryPollQuality"/>, then come back at
/// <see cref="NextDeadline"/>. One owner, no locks.
/// </summary>
internal sealed class MediaSession : IDisposable
{
    /// <summary>The interval at which timeouts are looked for and the quality is published.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Shorter, either leg may not have begun to send.</summary>
    private static readonly TimeSpan ShortestConversation = TimeSpan.FromSeconds(2);

    private readonly MediaContext _context;
    private readonly IMediaPort _port;
    private readonly DeadlineTable<MediaDeadline> _deadlines = new();
    private readonly Queue<MediaEvent> _events = new();
    private readonly WebRtcLeg _whatsApp;
    private readonly RtpLeg _pbx;
    private readonly AudioBridge _bridge;
    private readonly Recordings _recordings;
    private readonly KeyTones _keyTones = new();
    private AudioTreatment _towardsWhatsApp = AudioTreatment.Live;
    private AudioTreatment _towardsPbx = AudioTreatment.Live;
    private Playlist? _playedToWhatsApp;
    private Playlist? _playedToPbx;
    private bool _isOpen;
    private Instant _openedAt;
    private bool _hasNewQuality;
    private bool _wasConnected;
    private bool _wasHeld;
    private bool _hasFailed;
    private bool _heardWhatsApp;
    private bool _heardPbx;

    public MediaSession(MediaContext context, IMediaPort port, IDtlsIdentity identity, Instant now)
    {
        (_context, _port) = (context, port);
        _whatsApp = new WebRtcLeg(context, port, identity, _deadlines);
        _pbx = new RtpLeg(context, port);
        _bridge = new AudioBridge(_whatsApp, _pbx, context, AnnounceDigit);
        _recordings = new Recordings(_whatsApp, _pbx, context.Options);
        _deadlines[MediaDeadline.Tick] = now + Tick;
    }

    /// <summary>Released, or failed: nothing may be asked of it any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The time at which to call <see cref="HandleDeadline"/>.</summary>
    public Instant NextDeadline => Deadlines.Next;

    /// <summary>The deadlines that the session waits for, by name.</summary>
    public DeadlineTable<MediaDeadline> Deadlines
    {
        get
        {
            if (IsOver)
            {
                _deadlines.Clear();
                return _deadlines;
            }
            _deadlines[MediaDeadline.WhatsAppReport] = _whatsApp.RtcpDeadline;
            _deadlines[MediaDeadline.PbxReport] = _pbx.RtcpDeadline;
            _deadlines[MediaDeadline.AudioToPbx] = _bridge.ToPbx.NextDeadline;
            _deadlines[MediaDeadline.AudioToWhatsApp] = _bridge.ToWhatsApp.NextDeadline;
            _deadlines[MediaDeadline.WhatsAppKeys] = _whatsApp.DigitDeadline;
            _deadlines[MediaDeadline.PbxKeys] = _pbx.DigitDeadline;
            _deadlines[MediaDeadline.KeyTones] = _keyTones.NextDeadline;
            _deadlines[MediaDeadline.Recording] = _recordings.NextDeadline;
            return _deadlines;
        }
    }

    private MediaQuality Quality => new(_whatsApp.Quality, _pbx.Quality);

    /// <summary>The response is to a connectivity check of this session.</summary>
    public bool IsAwaiting(StunTransactionId transaction) => _whatsApp.IsAwaiting(transaction);

    /// <summary>Takes a datagram that came to the shared port; it is overwritten.</summary>
    /// <param name="datagram">All of it.</param>
    /// <param name="local">Where it came to.</param>
    /// <param name="remote">Where it came from.</param>
    /// <param name="now">When.</param>
    public void Handle(Span<byte> datagram, TransportAddress local, TransportAddress remote, Instant now)
    {
        if (IsOver)
            return;
        var kind = DatagramKinds.Classify(datagram);
        if (_whatsApp.TryReceive(kind, datagram, local, remote, now, out var packet))
        {
            _recordings.Hear(CallLeg.WhatsApp, packet, now);
            _bridge.Carry(CallLeg.WhatsApp, packet, now);
            if (!_heardWhatsApp && _bridge.ToPbx.HasHeardAudio)
                AnnounceFirstAudio(CallLeg.WhatsApp, ref _heardWhatsApp);
        }
        else if (kind is DatagramKind.Stun or DatagramKind.Dtls)
        {
            Follow(now);
        }
    }

    /// <summary>Takes a datagram that came to one of the session's own pair of ports; it is overwritten.</summary>
    /// <param name="datagram">All of it.</param>
    /// <param name="rtcp">It came to the second port of the pair.</param>
    /// <param name="remote">Where it came from.</param>
    /// <param name="now">When.</param>
    public void Handle(Span<byte> datagram, bool rtcp, TransportAddress remote, Instant now)
    {
        if (IsOver)
            return;
        if (rtcp)
        {
            _pbx.HandleRtcp(datagram, remote, now);
        }
        else if (_pbx.TryReceive(datagram, remote, now, out var packet))
        {
            _recordings.Hear(CallLeg.Pbx, packet, now);
            _bridge.Carry(CallLeg.Pbx, packet, now);
            if (!_heardPbx && _bridge.ToWhatsApp.HasHeardAudio)
                AnnounceFirstAudio(CallLeg.Pbx, ref _heardPbx);
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (IsOver)
            return;
        _whatsApp.HandleDeadline(now);
        Follow(now);
        _bridge.HandleDeadline(now);
        _recordings.HandleDeadline(now);
        EndPlaying(CallLeg.WhatsApp, _bridge.ToWhatsApp, ref _playedToWhatsApp);
        EndPlaying(CallLeg.Pbx, _bridge.ToPbx, ref _playedToPbx);
        _whatsApp.SendRtcp(now);
        _pbx.SendRtcp(now);
        if (!_deadlines.IsDue(MediaDeadline.Tick, now))
            return;
        _deadlines[MediaDeadline.Tick] = now + Tick;
        _hasNewQuality = true;
        var limit = _context.Options.MediaTimeout;
        if (_isOpen && _whatsApp.IsConnected && _whatsApp.HasTimedOut(limit, _pbx, now))
            Announce(new MediaEvent.MediaTimeout(CallLeg.WhatsApp));
        if (_isOpen && _pbx.IsAgreed && !_pbx.IsHeld && _pbx.HasTimedOut(limit, _whatsApp, now))
            Announce(new MediaEvent.MediaTimeout(CallLeg.Pbx));
    }

    /// <summary>Takes the next event, in order.</summary>
    public bool TryPollEvent([NotNullWhen(true)] out MediaEvent? next) => _events.TryDequeue(out next);

    /// <summary>The quality so far, once a second.</summary>
    public bool TryPollQuality(out MediaQuality quality)
    {
        quality = default;
        if (!_hasNewQuality)
            return false;
        _hasNewQuality = false;
        quality = Quality;
        return true;
    }

    public SdpResult AnswerWhatsAppOffer(string offer, Instant now) => Done(_whatsApp.AnswerOffer(offer, now), now);

    public SdpResult CreateWhatsAppOffer(Instant now) => Done(_whatsApp.CreateOffer(), now);

    public SdpResult ApplyWhatsAppAnswer(string answer, Instant now) => Done(_whatsApp.ApplyAnswer(answer, now), now);

    public SdpResult CreatePbxOffer(PbxMediaProfile profile, Instant now) => Done(_pbx.CreateOffer(profile, now), now);

    public SdpResult ApplyPbxAnswer(string answer, PbxMediaProfile profile, Instant now) =>
        Done(Pace(profile, _pbx.ApplyAnswer(answer, profile, now)), now);

    public SdpResult AnswerPbxOffer(string offer, PbxMediaProfile profile, Instant now) =>
        Done(Pace(profile, _pbx.AnswerOffer(offer, profile, now)), now);

    /// <summary>The PBX's phone has left; the call goes on without one, until another is described.</summary>
    public void LeavePbx(Instant now)
    {
        _pbx.SendGoodbye(now);
        _pbx.Leave();
        Follow(now);
    }

    public void OpenAudio(Instant now)
    {
        _isOpen = true;
        _openedAt = _pbx.LastHeard = now; // before the answer a silent PBX is ringing
        _whatsApp.Open(_pbx.Parameters?.Codec.Codec, now);
        Follow(now);
    }

    public void SetTreatment(AudioTreatment towardsWhatsApp, AudioTreatment towardsPbx, Instant now)
    {
        _towardsWhatsApp = towardsWhatsApp;
        _towardsPbx = towardsPbx;
        Follow(now);
    }

    /// <summary>The leg hears these clips in place of its treatment, from the next packet on.</summary>
    /// <param name="to">Who hears them.</param>
    /// <param name="list">Null: its treatment again.</param>
    /// <param name="now">The time.</param>
    public void Play(CallLeg to, Playlist? list, Instant now)
    {
        (to == CallLeg.WhatsApp ? ref _playedToWhatsApp : ref _playedToPbx) = list;
        Follow(now);
    }

    /// <summary>Records what the peer of a leg says, from now on; what is recorded of it already ends.</summary>
    public void Record(CallLeg from, AudioRecordingOptions recording, IRecordingSink sink, Instant now) =>
        _recordings.Start(from, recording, sink, now);

    public void StopRecording(CallLeg from) => _recordings.End(from, RecordingEnd.Stopped);

    /// <summary>The agent hears two beeps in place of what would be heard, and then that again. The user hears nothing of it.</summary>
    public void WarnPbx(Instant now)
    {
        _deadlines[MediaDeadline.Warning] = now + BeepRenderer.WarningLength;
        Follow(now);
    }

    public void SendDigit(CallLeg leg, char digit, TimeSpan duration, Instant now)
    {
        MediaLeg to = leg == CallLeg.WhatsApp ? _whatsApp : _pbx;
        if (!to.CanSend)
            return;
        if (to.DigitsOut is { } events)
        {
            events.TryEnqueue(digit, duration);
            to.SendDigits(now);
        }
        else if (to == _pbx && _keyTones.TryEnqueue(digit, duration, now))
        {
            Follow(now);
        }
    }

    /// <summary>Something inside this session broke: it ends.</summary>
    public void Fail(Exception reason)
    {
        if (IsOver)
            return;
        IsOver = true;
        EndRecordings();
        _context.Counters.CallFailures++;
        Announce(new MediaEvent.Failed(reason.GetType().Name + ": " + reason.Message));
    }

    /// <summary>Says goodbye on both legs, frees everything, and gives the final quality.</summary>
    public MediaQuality Release(Instant now)
    {
        var quality = OneWay(Quality, now);
        try
        {
            _whatsApp.Close(now);
            _pbx.SendGoodbye(now);
        }
        finally
        {
            _port.Release(now);
            Dispose();
        }
        return quality;
    }

    public void Dispose()
    {
        IsOver = true;
        EndRecordings();
        _whatsApp.Dispose();
        _pbx.Dispose();
        _bridge.Dispose();
    }

    /// <summary>
    /// A call that ends before silence counts as such is one-way as well where one leg was heard and the other never was.
    /// </summary>
    private MediaQuality OneWay(in MediaQuality quality, Instant now)
    {
        if (!_isOpen || now - _openedAt < ShortestConversation || _pbx.IsHeld || !_pbx.IsAgreed)
            return quality;
        var (whatsApp, pbx) = (quality.WhatsApp, quality.Pbx);
        return new MediaQuality(
            whatsApp with { IsOneWay = whatsApp.IsOneWay || (whatsApp.PacketsReceived == 0 && pbx.PacketsReceived > 0) },
            pbx with { IsOneWay = pbx.IsOneWay || (pbx.PacketsReceived == 0 && whatsApp.PacketsReceived > 0) });
    }

    /// <summary>Paces what comes from WhatsApp as the PBX's profile says; a stream that is paced already stays so.</summary>
    private SdpResult Pace(PbxMediaProfile profile, SdpResult result)
    {
        if (!result.Succeeded)
            return result;
        var bounds = _context.Options.Playout;
        _whatsApp.Playout = profile.Playout == AudioPlayout.Adaptive
            ? _whatsApp.Playout ?? new AdaptivePlayout(bounds.MinDelay, bounds.MaxDelay)
            : null;
        return result;
    }

    private SdpResult Done(SdpResult result, Instant now)
    {
        Follow(now);
        return result;
    }

    /// <summary>Announces to the owner, and gives the bridge, what has become of the legs.</summary>
    private void Follow(Instant now)
    {
        if (_whatsApp.IsConnected && !_wasConnected)
        {
            _wasConnected = true;
            _whatsApp.LastHeard = now;
            Announce(new MediaEvent.WhatsAppConnected());
        }
        if (_whatsApp.Failure is { } failure && !_hasFailed)
        {
            _hasFailed = true;
            _recordings.End(CallLeg.WhatsApp, RecordingEnd.CallEnded);
            Announce(new MediaEvent.WhatsAppFailed(failure));
        }
        if (_pbx.IsHeld != _wasHeld)
        {
            _wasHeld = _pbx.IsHeld;
            _pbx.LastHeard = now;
            _bridge.ToWhatsApp.BeginHold(now);
            Announce(_wasHeld ? new MediaEvent.PbxHeld() : new MediaEvent.PbxResumed());
        }
        _deadlines.TryTakeDue(MediaDeadline.Warning, now);
        _keyTones.HandleDeadline(now);
        _bridge.ToWhatsApp.Played = _playedToWhatsApp ?? TreatmentAudio.Of(_towardsWhatsApp, _pbx.Profile.Ringback);
        _bridge.ToPbx.Played = TowardsPbx();
        _bridge.ToWhatsApp.Filler = _pbx.IsHeld
            ? TreatmentAudio.Of(_pbx.Profile.OnHold, _pbx.Profile.Ringback) ?? TreatmentAudio.Silence
            : TreatmentAudio.Silence;
        _bridge.ToWhatsApp.FillerAfter = _pbx.Profile.HoldMusicAfter;
        _bridge.Refresh(now);
    }

    /// <summary>Keys sound in place of anything else: a PBX must not find music or beeps among them.</summary>
    private Playlist? TowardsPbx() =>
        _keyTones.Sounding is { } key ? TreatmentAudio.OfKey(key)
        : _keyTones.IsActive ? TreatmentAudio.Silence
        : _deadlines.IsSet(MediaDeadline.Warning) ? TreatmentAudio.Warning
        : _playedToPbx ?? TreatmentAudio.Of(_towardsPbx, _pbx.Profile.Ringback);

    private void EndPlaying(CallLeg to, AudioPath path, ref Playlist? played)
    {
        if (path.TakeEnded() is not { } ended || ended != played)
            return;
        played = null;
        Announce(new MediaEvent.PlayEnded(to, ended.Id));
    }

    private void AnnounceDigit(CallLeg from, char digit, TimeSpan duration)
    {
        MediaLeg to = from == CallLeg.WhatsApp ? _pbx : _whatsApp;
        Announce(new MediaEvent.DigitReceived(from, digit, duration, WasPassed: to.DigitsOut is not null));
        _recordings.HandleKey(from, digit);
    }

    private void EndRecordings()
    {
        _recordings.End(CallLeg.WhatsApp, RecordingEnd.CallEnded);
        _recordings.End(CallLeg.Pbx, RecordingEnd.CallEnded);
    }

    private void AnnounceFirstAudio(CallLeg leg, ref bool isAnnounced)
    {
        isAnnounced = true;
        Announce(new MediaEvent.FirstAudio(leg));
    }

    private void Announce(MediaEvent happened) => _events.Enqueue(happened);
}
