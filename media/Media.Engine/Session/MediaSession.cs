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

    private readonly MediaContext _context;
    private readonly IMediaPort _port;
    private readonly DeadlineTable<MediaDeadline> _deadlines = new();
    private readonly Queue<MediaEvent> _events = new();
    private readonly WebRtcLeg _whatsApp;
    private readonly PbxLegs _legs;
    private AudioBridge _bridge;
    private readonly Recordings _recordings;
    private readonly PlayedAudio _played;
    private readonly Hearing _hearing;
    private readonly LegWatch _watch;
    private bool _hasNewQuality;

    public MediaSession(MediaContext context, IMediaPort port, IDtlsIdentity identity, Instant now)
    {
        (_context, _port) = (context, port);
        _whatsApp = new WebRtcLeg(context, port, identity, _deadlines);
        _legs = new PbxLegs(context, port, identity, AnnounceDigit);
        _bridge = new AudioBridge(_whatsApp, _legs.Call, context, AnnounceDigit);
        _played = new PlayedAudio(_deadlines);
        _watch = new LegWatch(_whatsApp, _legs, Announce);
        _hearing = new Hearing(_whatsApp, _legs, context.Options, Announce);
        _recordings = new Recordings(leg => leg == CallLeg.WhatsApp ? _whatsApp : _legs.Call, context.Options);
        _deadlines[MediaDeadline.Tick] = now + Tick;
    }

    /// <summary>Released, or failed: nothing may be asked of it any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Audio goes to WhatsApp, or may.</summary>
    public bool IsOpen { get; private set; }

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
            _deadlines[MediaDeadline.PbxTransport] = _legs.TransportDeadline;
            _deadlines[MediaDeadline.WhatsAppReport] = _whatsApp.RtcpDeadline;
            _deadlines[MediaDeadline.PbxReport] = _legs.ReportDeadline;
            _deadlines[MediaDeadline.AudioToPbx] = _bridge.ToPbx.NextDeadline;
            _deadlines[MediaDeadline.AudioToWhatsApp] = _bridge.ToWhatsApp.NextDeadline;
            _deadlines[MediaDeadline.AudioBetweenPhones] = _legs.AudioDeadline;
            _deadlines[MediaDeadline.WhatsAppKeys] = _whatsApp.DigitDeadline;
            _deadlines[MediaDeadline.PbxKeys] = _legs.DigitDeadline;
            _deadlines[MediaDeadline.KeyTones] = _played.Keys.NextDeadline;
            _deadlines[MediaDeadline.Recording] = _recordings.NextDeadline;
            return _deadlines;
        }
    }

    private MediaQuality Quality => new(_whatsApp.Quality, Pbx.Quality);

    private RtpLeg Pbx => _legs.Call;

    private AudioPath ToAgent => _legs.ToAgent ?? _bridge.ToPbx;

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
            _bridge.Carry(_whatsApp, packet, now);
            _hearing.Note(CallLeg.WhatsApp, _bridge.ToPbx.HasHeardAudio);
        }
        else if (kind is DatagramKind.Stun or DatagramKind.Dtls)
        {
            Follow(now);
        }
    }

    /// <summary>Takes a datagram that came to one of the session's own pair of ports; it is overwritten.</summary>
    /// <param name="datagram">All of it.</param>
    /// <param name="side">The leg whose pair it is.</param>
    /// <param name="rtcp">It came to the second port of the pair.</param>
    /// <param name="remote">Where it came from.</param>
    /// <param name="now">When.</param>
    public void Handle(Span<byte> datagram, PbxSide side, bool rtcp, TransportAddress remote, Instant now)
    {
        if (IsOver)
            return;
        var leg = _legs[side];
        if (rtcp)
        {
            leg.HandleRtcp(datagram, remote, now);
        }
        else if (leg.TryReceive(datagram, remote, now, out var packet) && !_legs.TryCarry(leg, packet, now))
        {
            _recordings.Hear(CallLeg.Pbx, packet, now);
            _bridge.Carry(leg, packet, now);
            _hearing.Note(CallLeg.Pbx, _bridge.ToWhatsApp.HasHeardAudio);
        }
        else if (DatagramKinds.Classify(datagram) is DatagramKind.Stun or DatagramKind.Dtls)
        {
            Follow(now);
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (IsOver)
            return;
        _whatsApp.HandleDeadline(now);
        _legs.HandleTransportDeadline(now);
        Follow(now);
        _bridge.HandleDeadline(now);
        _legs.HandleDeadline(now);
        _recordings.HandleDeadline(now);
        EndPlaying(CallLeg.WhatsApp, _bridge.ToWhatsApp);
        EndPlaying(CallLeg.Pbx, ToAgent);
        _whatsApp.SendRtcp(now);
        _legs.SendRtcp(now);
        if (!_deadlines.IsDue(MediaDeadline.Tick, now))
            return;
        _deadlines[MediaDeadline.Tick] = now + Tick;
        _hasNewQuality = true;
        _hearing.HandleTick(isConversation: _bridge.ToWhatsApp.Played is null && !_legs.IsConsulting, now);
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

    public SdpResult CreatePbxOffer(PbxSide side, PbxMediaProfile profile, Instant now) => Done(_legs[side].CreateOffer(profile, now), now);

    public SdpResult ApplyPbxAnswer(
        PbxSide side, string answer, PbxMediaProfile profile, Instant now, TransportAddress signaller = default) =>
        Done(Pace(_legs[side], _legs[side].ApplyAnswer(answer, profile, now, signaller)), now);

    public SdpResult AnswerPbxOffer(
        PbxSide side, string offer, PbxMediaProfile profile, Instant now, TransportAddress signaller = default) =>
        Done(Pace(_legs[side], _legs[side].AnswerOffer(offer, profile, now, signaller)), now);

    /// <summary>The PBX's phone has left; the call goes on without one, until another is described.</summary>
    public void LeavePbx(PbxSide side, Instant now)
    {
        _legs.Leave(side, now);
        Follow(now);
    }

    /// <summary>The agent and the other side, once it is described, hear each other; the user hears what is played.</summary>
    public void Consult(Instant now)
    {
        _legs.Consult();
        Bridge(now);
    }

    /// <summary>The user is connected with this side; the phone of the other has left.</summary>
    public void ConnectPbx(PbxSide side, Instant now)
    {
        _legs.Connect(side, now);
        _played.Play(CallLeg.Pbx, null);
        _hearing.Begin(now);
        Pace(Pbx, default);
        Bridge(now);
    }

    public void SetTap(IMediaTap? tap) => (_whatsApp.Tap, Pbx.Tap) = (tap, tap);

    public void OpenAudio(Instant now)
    {
        IsOpen = true;
        _hearing.Begin(now);
        _whatsApp.Open(Pbx.Parameters?.Codec.Codec, now);
        Follow(now);
    }

    public void SetTreatment(AudioTreatment towardsWhatsApp, AudioTreatment towardsPbx, Instant now)
    {
        (_played.TowardsWhatsApp, _played.TowardsPbx) = (towardsWhatsApp, towardsPbx);
        Follow(now);
    }

    /// <summary>The leg hears these clips in place of its treatment, from the next packet on.</summary>
    /// <param name="to">Who hears them.</param>
    /// <param name="list">Null: its treatment again.</param>
    /// <param name="now">The time.</param>
    public void Play(CallLeg to, Playlist? list, Instant now)
    {
        _played.Play(to, list);
        Follow(now);
    }

    /// <summary>Records what the peer of a leg says, from now on; what is recorded of it already ends.</summary>
    public void Record(CallLeg from, AudioRecordingOptions recording, IRecordingSink sink, Instant now) =>
        _recordings.Start(from, recording, sink, now);

    public void StopRecording(CallLeg from) => _recordings.End(from, RecordingEnd.Stopped);

    /// <summary>The agent hears two beeps, and then again what would be heard. The user hears nothing of it.</summary>
    public void WarnPbx(Instant now)
    {
        _deadlines[MediaDeadline.Warning] = now + BeepRenderer.WarningLength;
        Follow(now);
    }

    public void SendDigit(CallLeg leg, char digit, TimeSpan duration, Instant now)
    {
        MediaLeg to = leg == CallLeg.WhatsApp ? _whatsApp : Pbx;
        if (!to.CanSend)
            return;
        if (to.DigitsOut is { } events)
        {
            events.TryEnqueue(digit, duration);
            to.SendDigits(now);
        }
        else if (to == Pbx && _played.Keys.TryEnqueue(digit, duration, now))
        {
            Follow(now);
        }
    }

    /// <summary>The session as a value, from which another process goes on; null: it could not go on from here.</summary>
    public MediaSnapshot? Save(Instant now) =>
        IsOver || !IsOpen || !_whatsApp.CanSend || !Pbx.IsAgreed || _legs.IsConsulting || _recordings.IsActive || _played.IsPlaying
        || Pbx.Save() is not { } pbx
        ? null
        : _played.Save(_whatsApp.Save()!, pbx, new CallCounters(now.ToDateTimeOffset(), _whatsApp.Counters, Pbx.Counters));

    /// <summary>
    /// Goes on from there, on a session that has done nothing yet. <see cref="MediaEvent.WhatsAppConnected"/> follows once the peer has
    /// answered from here; <see cref="MediaEvent.Failed"/> if there is no port for it.
    /// </summary>
    public void Resume(MediaSnapshot from, PbxMediaProfile profile, Instant now)
    {
        IsOpen = true;
        SetTreatment(from.TowardsWhatsApp, from.TowardsPbx, now);
        var refusal = _legs.Resume(from.Pbx, from.Counters.Pbx, profile, now);
        if (refusal == SdpRefusal.None && !_whatsApp.TryResume(from.WhatsApp, from.Counters.WhatsApp, now))
            refusal = SdpRefusal.NoPorts;
        if (refusal != SdpRefusal.None)
        {
            Fail($"The call cannot be resumed: {refusal}.");
            return;
        }
        _hearing.Begin(now);
        Pace(Pbx, default);
        _bridge.Dispose();
        _bridge = new AudioBridge(_whatsApp, Pbx, _context, AnnounceDigit);
        _watch.BeginHeld(_bridge.ToWhatsApp, now);
        Follow(now);
    }

    /// <summary>Something inside this session broke: it ends.</summary>
    public void Fail(Exception reason) => Fail(reason.GetType().Name + ": " + reason.Message);

    /// <summary>Says goodbye on both legs, frees everything, and gives the final quality.</summary>
    public MediaQuality Release(Instant now)
    {
        var quality = _hearing.Judge(Quality, now);
        try
        {
            _whatsApp.Close(now);
            _legs.End(now);
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
        _recordings.EndAll();
        _whatsApp.Dispose();
        _bridge.Dispose();
        _legs.Dispose();
    }

    /// <summary>Paces what comes from WhatsApp as the PBX's profile says; a stream that is paced already stays so.</summary>
    private SdpResult Pace(RtpLeg leg, SdpResult result)
    {
        if (!result.Succeeded || leg != _legs.Heard)
            return result;
        var bounds = _context.Options.Playout;
        _whatsApp.Playout = leg.Profile.Playout == AudioPlayout.Adaptive
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
        if (_watch.Follow(_bridge.ToWhatsApp, now))
            _recordings.End(CallLeg.WhatsApp, RecordingEnd.CallEnded);
        _deadlines.TryTakeDue(MediaDeadline.Warning, now);
        _played.Keys.HandleDeadline(now);
        _bridge.ToWhatsApp.Played = _played.ForWhatsApp(Pbx.Profile.Ringback);
        ToAgent.Played = _played.ForPbx(Pbx.Profile.Ringback);
        _bridge.Refresh(now);
        _legs.Follow(now);
    }

    /// <summary>The user has another leg at the other end from now on.</summary>
    private void Bridge(Instant now)
    {
        _bridge.Dispose();
        _bridge = new AudioBridge(_whatsApp, _legs.Heard, _context, AnnounceDigit);
        Follow(now);
    }

    private void EndPlaying(CallLeg to, AudioPath path)
    {
        if (_played.TakeEnded(to, path) is { } ended)
            Announce(new MediaEvent.PlayEnded(to, ended.Id));
    }

    private void Fail(string detail)
    {
        if (IsOver)
            return;
        IsOver = true;
        _recordings.EndAll();
        _context.Counters.CallFailures++;
        Announce(new MediaEvent.Failed(detail));
    }

    private void AnnounceDigit(MediaLeg from, char digit, TimeSpan duration)
    {
        if (from == _legs.Target)
            return; // for the agent alone, who has it
        MediaLeg to = from == _whatsApp ? _legs.Heard : _legs.Target ?? (MediaLeg)_whatsApp;
        var isListening = to != _legs.Target || to.CanSend; // whoever rings still hears no key
        Announce(new MediaEvent.DigitReceived(from.Kind, digit, duration, WasPassed: isListening && to.DigitsOut is not null));
        _recordings.HandleKey(from.Kind, digit);
    }

    private void Announce(MediaEvent happened) => _events.Enqueue(happened);
}
