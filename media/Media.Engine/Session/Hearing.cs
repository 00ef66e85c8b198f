using Media.Engine.Legs;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Media.Engine.Session;

/// <summary>
/// The peers of a session as they are heard: the first audio of each, their silences, samples of their quality, and whether it was all
/// one-way.
/// </summary>
/// <param name="whatsApp">The whatsapp leg.</param>
/// <param name="legs">The pbx legs.</param>
/// <param name="options">How long is silent, and how often is sampled.</param>
/// <param name="announce">Takes the events.</param>
internal sealed class Hearing(WebRtcLeg whatsApp, PbxLegs legs, MediaEngineOptions options, Action<MediaEvent> announce)
{
    /// <summary>Shorter, either leg may not have begun to send.</summary>
    private static readonly TimeSpan ShortestConversation = TimeSpan.FromSeconds(2);

    /// <summary>Ticks come a little late, never early.</summary>
    private static readonly TimeSpan HalfATick = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan Recently = TimeSpan.FromSeconds(1);

    private Instant _openedAt = Instant.Never;
    private bool _heardWhatsApp, _heardPbx;
    private Instant _sampledAt;
    private bool _isWhatsAppSilent, _isPbxSilent;

    /// <summary>The conversation begins, or begins with another phone.</summary>
    public void Begin(Instant now) => _openedAt = _sampledAt = legs.Call.LastHeard = now; // before the answer a silent PBX is ringing

    /// <summary>A packet of the leg was carried; the path has seen audio of it, or has not.</summary>
    public void Note(CallLeg leg, bool hasHeardAudio)
    {
        ref var isAnnounced = ref leg == CallLeg.WhatsApp ? ref _heardWhatsApp : ref _heardPbx;
        if (isAnnounced || !hasHeardAudio)
            return;
        isAnnounced = true;
        announce(new MediaEvent.FirstAudio(leg));
    }

    /// <summary>Announces the silences that are too long by now, and the sample that is due. To be called once a second.</summary>
    /// <param name="isConversation">The legs hear each other, or should.</param>
    /// <param name="now">The time.</param>
    public void HandleTick(bool isConversation, Instant now)
    {
        if (_openedAt == Instant.Never)
            return;
        LookForSilence(now);
        if (options.SampleInterval == TimeSpan.Zero)
            return;
        var isNew = LookForOneWay(isConversation, now);
        if (!isNew && now - _sampledAt < options.SampleInterval - HalfATick)
            return;
        _sampledAt = now;
        announce(new MediaEvent.Sampled(new MediaSample(whatsApp.Sample(_isWhatsAppSilent), legs.Call.Sample(_isPbxSilent))));
    }

    private void LookForSilence(Instant now)
    {
        var (pbx, limit) = (legs.Call, options.MediaTimeout);
        if (whatsApp.IsConnected && whatsApp.HasTimedOut(limit, pbx, now))
            announce(new MediaEvent.MediaTimeout(CallLeg.WhatsApp));
        if (pbx.IsAgreed && !pbx.IsHeld && pbx.HasTimedOut(limit, whatsApp, now))
            announce(new MediaEvent.MediaTimeout(CallLeg.Pbx));
    }

    /// <summary>True: the audio has become one-way.</summary>
    private bool LookForOneWay(bool isConversation, Instant now)
    {
        var pbx = legs.Call;
        var canBe = isConversation && whatsApp.IsConnected && pbx.IsAgreed && !pbx.IsHeld;
        var before = (_isWhatsAppSilent, _isPbxSilent);
        _isWhatsAppSilent = canBe && IsSilent(whatsApp, pbx, now);
        _isPbxSilent = canBe && IsSilent(pbx, whatsApp, now);
        return (_isWhatsAppSilent && !before._isWhatsAppSilent) || (_isPbxSilent && !before._isPbxSilent);
    }

    /// <summary>Who pauses says so with comfort noise first: that is no fault.</summary>
    private bool IsSilent(MediaLeg leg, MediaLeg other, Instant now) =>
        !leg.IsPausing && now - leg.LastHeard >= options.OneWayAfter && now - other.LastHeard < Recently;

    /// <summary>
    /// A call that ends before silence counts as such is one-way as well where one leg was heard and the other never was.
    /// </summary>
    public MediaQuality Judge(in MediaQuality quality, Instant now)
    {
        var isTooShort = _openedAt == Instant.Never || now - _openedAt < ShortestConversation || legs.Call.IsHeld || !legs.Call.IsAgreed;
        return isTooShort ? quality : quality.NoteOneWay();
    }
}
