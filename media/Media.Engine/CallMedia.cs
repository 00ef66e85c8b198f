using Media.Engine.Audio;
using Media.Engine.Legs;
using Media.Engine.Net;
using Media.Protocols.Datagrams;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Media.Engine;

/// <summary>One call as its loop sees it: two legs, the bridge between them, and what its owner is told. Touched by the loop's thread alone.</summary>
internal sealed partial class CallMedia : IDeadlined, IDisposable
{
    /// <summary>How often timeouts are looked for and the quality is published.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Shorter, either leg may not have begun to send.</summary>
    private static readonly TimeSpan ShortestConversation = TimeSpan.FromSeconds(2);

    private readonly MediaLoop _loop;
    private readonly MediaCall _handle;
    private readonly WhatsAppLeg _whatsApp;
    private readonly PbxLeg _pbx;
    private readonly Bridge.Bridge _bridge;
    private AudioTreatment _towardsWhatsApp = AudioTreatment.Live;
    private AudioTreatment _towardsPbx = AudioTreatment.Live;
    private readonly KeyTones _keyTones = new();
    private Instant? _warningEnds;
    private bool _isOpen;
    private Instant _openedAt;
    private bool _isOver;
    private bool _wasConnected;
    private bool _wasHeld;
    private bool _hasFailed;
    private bool _heardWhatsApp;
    private bool _heardPbx;
    private Instant _nextTick;

    public CallMedia(MediaLoop loop, MediaCall handle, ushort pbxPort, Instant now)
    {
        (_loop, _handle) = (loop, handle);
        _whatsApp = new WhatsAppLeg(this, loop);
        _pbx = new PbxLeg(this, loop, pbxPort);
        _bridge = new Bridge.Bridge(_whatsApp, _pbx, loop, ReportDigit);
        _nextTick = now + Tick;
    }

    /// <summary>Released, or failed: nothing may be asked of it any more.</summary>
    public bool IsOver => _isOver;

    public Instant Scheduled { get; set; } = Instant.Never;

    public Instant NextDeadline => _isOver
        ? Instant.Never
        : Instant.Min(
            Instant.Min(Instant.Min(_whatsApp.NextDeadline, _bridge.NextDeadline), Instant.Min(_warningEnds ?? Instant.Never, _keyTones.NextDeadline)),
            Instant.Min(Instant.Min(_whatsApp.RtcpDeadline, _pbx.RtcpDeadline), _nextTick));

    /// <summary>The response is to a connectivity check of this call.</summary>
    public bool IsAwaiting(Media.Protocols.Stun.StunTransactionId transaction) => _whatsApp.IsAwaiting(transaction);

    public void HandleStun(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now)
    {
        if (_isOver)
            return;
        _whatsApp.HandleStun(datagram, local, remote, now);
        Follow(now);
    }

    public void HandleWhatsApp(DatagramKind kind, Span<byte> datagram, TransportAddress remote, Instant now)
    {
        if (_isOver)
            return;
        if (_whatsApp.Handle(kind, datagram, remote, now))
        {
            _bridge.HandlePacket(CallLeg.WhatsApp, now);
            if (!_heardWhatsApp && _bridge.ToPbx.HasHeardAudio)
                ReportFirstAudio(CallLeg.WhatsApp, ref _heardWhatsApp);
        }
        else if (kind == DatagramKind.Dtls)
        {
            Follow(now);
        }
    }

    public void HandlePbx(Span<byte> datagram, bool rtcp, TransportAddress source, Instant now)
    {
        if (_isOver)
            return;
        if (rtcp)
        {
            _pbx.HandleRtcp(datagram, source, now);
        }
        else if (_pbx.HandleRtp(datagram, source, now))
        {
            _bridge.HandlePacket(CallLeg.Pbx, now);
            if (!_heardPbx && _bridge.ToWhatsApp.HasHeardAudio)
                ReportFirstAudio(CallLeg.Pbx, ref _heardPbx);
        }
    }

    public Media.Native.Net.UdpSocket? PbxSocket(bool rtcp) => _pbx.Socket(rtcp);

    public void HandleDeadline(Instant now)
    {
        if (_isOver)
            return;
        _whatsApp.HandleDeadline(now);
        Follow(now);
        _bridge.HandleDeadline(now);
        _whatsApp.SendRtcp(now);
        _pbx.SendRtcp(now);
        if (_nextTick > now)
            return;
        _nextTick = now + Tick;
        _handle.Publish(Quality);
        var limit = _loop.Options.MediaTimeout;
        if (_isOpen && _whatsApp.IsConnected && _whatsApp.HasTimedOut(limit, _pbx, now))
            Tell(new MediaEvent.MediaTimeout(CallLeg.WhatsApp));
        if (_isOpen && !_pbx.IsHeld && _pbx.HasTimedOut(limit, _whatsApp, now))
            Tell(new MediaEvent.MediaTimeout(CallLeg.Pbx));
    }

    public SdpResult AnswerWhatsAppOffer(string offer, Instant now) => Done(_whatsApp.AnswerOffer(offer, now), now);

    public SdpResult CreateWhatsAppOffer(Instant now) => Done(_whatsApp.CreateOffer(), now);

    public SdpResult ApplyWhatsAppAnswer(string answer, Instant now) => Done(_whatsApp.ApplyAnswer(answer, now), now);

    public SdpResult CreatePbxOffer(PbxMediaProfile profile, Instant now) => Done(Pace(profile, _pbx.CreateOffer(profile)), now);

    public SdpResult ApplyPbxAnswer(string answer, Instant now) => Done(_pbx.ApplyAnswer(answer, now), now);

    public SdpResult AnswerPbxOffer(string offer, PbxMediaProfile profile, Instant now) => Done(Pace(profile, _pbx.AnswerOffer(offer, profile, now)), now);

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

    /// <summary>The agent hears two beeps in place of what would be heard, and then that again. The user hears nothing of it.</summary>
    public void WarnPbx(Instant now)
    {
        _warningEnds = now + WarningRenderer.Length;
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

    /// <summary>Something inside this call broke: it ends, its neighbours do not notice.</summary>
    public void Fail(Exception reason)
    {
        if (_isOver)
            return;
        _isOver = true;
        _loop.Counters.CallFailures++;
        LogFailed(_loop.Logger, reason);
        Tell(new MediaEvent.Failed(reason.GetType().Name + ": " + reason.Message));
    }

    /// <summary>Says goodbye on both legs, frees everything, and gives the final quality.</summary>
    public MediaQuality Release(Instant now)
    {
        var quality = OneWay(Quality, now);
        try
        {
            _whatsApp.Close(now);
        }
        finally
        {
            _pbx.Close(now);
            Dispose();
        }
        return quality;
    }

    public void Dispose()
    {
        _isOver = true;
        _whatsApp.Dispose();
        _pbx.Dispose();
        _bridge.Dispose();
    }

    private MediaQuality Quality => new(_whatsApp.Quality, _pbx.Quality);

    /// <summary>A call that ends before silence counts as such is one-way as well where one leg was heard and the other never was.</summary>
    private MediaQuality OneWay(in MediaQuality quality, Instant now)
    {
        if (!_isOpen || now - _openedAt < ShortestConversation || _pbx.IsHeld)
            return quality;
        var (whatsApp, pbx) = (quality.WhatsApp, quality.Pbx);
        return new MediaQuality(
            whatsApp with { IsOneWay = whatsApp.IsOneWay || (whatsApp.PacketsReceived == 0 && pbx.PacketsReceived > 0) },
            pbx with { IsOneWay = pbx.IsOneWay || (pbx.PacketsReceived == 0 && whatsApp.PacketsReceived > 0) });
    }

    /// <summary>What comes from WhatsApp is played as the PBX's profile says; a stream that is paced already stays so.</summary>
    private SdpResult Pace(PbxMediaProfile profile, SdpResult result)
    {
        var bounds = _loop.Options.Playout;
        _whatsApp.Playout = profile.Playout == PbxPlayout.Adaptive ? _whatsApp.Playout ?? new AdaptivePlayout(bounds.MinDelay, bounds.MaxDelay) : null;
        return result;
    }

    private SdpResult Done(SdpResult result, Instant now)
    {
        Follow(now);
        return result;
    }

    /// <summary>Tells the owner, and the bridge, what has become of the legs.</summary>
    private void Follow(Instant now)
    {
        if (_whatsApp.IsConnected && !_wasConnected)
        {
            _wasConnected = true;
            _whatsApp.LastHeard = now;
            Tell(new MediaEvent.WhatsAppConnected());
        }
        if (_whatsApp.Failure is { } failure && !_hasFailed)
        {
            _hasFailed = true;
            Tell(new MediaEvent.WhatsAppFailed(failure));
        }
        if (_pbx.IsHeld != _wasHeld)
        {
            _wasHeld = _pbx.IsHeld;
            _pbx.LastHeard = now;
            _bridge.ToWhatsApp.BeginHold(now);
            Tell(_wasHeld ? new MediaEvent.PbxHeld() : new MediaEvent.PbxResumed());
        }
        if (now >= _warningEnds)
            _warningEnds = null;
        _keyTones.HandleDeadline(now);
        _bridge.ToWhatsApp.Treatment = _towardsWhatsApp;
        _bridge.ToPbx.Treatment = TowardsPbx();
        _bridge.ToPbx.Key = _keyTones.Sounding ?? default;
        _bridge.ToWhatsApp.Filler = _pbx.IsHeld ? _pbx.Profile.OnHold : AudioTreatment.Silence;
        _bridge.ToWhatsApp.FillerAfter = _pbx.Profile.HoldMusicAfter;
        _bridge.ToWhatsApp.Tone = _bridge.ToPbx.Tone = _pbx.Profile.Ringback;
        _bridge.Refresh(now);
    }

    /// <summary>Keys sound in place of anything else: a PBX must not find music or beeps among them.</summary>
    private AudioTreatment TowardsPbx() =>
        _keyTones.Sounding is not null ? AudioTreatment.Key
        : _keyTones.IsActive ? AudioTreatment.Silence
        : _warningEnds is not null ? AudioTreatment.Warning
        : _towardsPbx;

    private void ReportDigit(CallLeg leg, char digit, TimeSpan duration) =>
        Tell(new MediaEvent.DigitReceived(leg, digit, duration, (leg == CallLeg.WhatsApp ? (MediaLeg)_pbx : _whatsApp).DigitsOut is not null));

    private void ReportFirstAudio(CallLeg leg, ref bool told)
    {
        told = true;
        Tell(new MediaEvent.FirstAudio(leg));
    }

    [LoggerMessage(LogLevel.Error, "The media of a call failed; the call ends, others go on.")]
    private static partial void LogFailed(ILogger logger, Exception reason);

    private void Tell(MediaEvent happened)
    {
        if (!_handle.Tell(happened))
            _loop.Counters.LostEvents++;
    }
}
