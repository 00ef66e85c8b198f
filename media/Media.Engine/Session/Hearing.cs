using Media.Engine.Quality;
using Media.Protocols.Primitives;

namespace Media.Engine.Session;

/// <summary>The peers of a session as they are heard: the first audio of each, their silences, and whether it was all one-way.</summary>
/// <param name="whatsApp">The whatsapp leg.</param>
/// <param name="legs">The pbx legs.</param>
/// <param name="limit">Of silence.</param>
/// <param name="announce">Takes the events.</param>
internal sealed class Hearing(WebRtcLeg whatsApp, PbxLegs legs, TimeSpan limit, Action<MediaEvent> announce)
{
    /// <summary>Shorter, either leg may not have begun to send.</summary>
    private static readonly TimeSpan ShortestConversation = TimeSpan.FromSeconds(2);

    private Instant _openedAt = Instant.Never;
    private bool _heardWhatsApp, _heardPbx;

    /// <summary>The conversation begins, or begins with another phone.</summary>
    public void Begin(Instant now) => _openedAt = legs.Call.LastHeard = now; // before the answer a silent PBX is ringing

    /// <summary>A packet of the leg was carried; the path has seen audio of it, or has not.</summary>
    public void Note(CallLeg leg, bool hasHeardAudio)
    {
        ref var isAnnounced = ref leg == CallLeg.WhatsApp ? ref _heardWhatsApp : ref _heardPbx;
        if (isAnnounced || !hasHeardAudio)
            return;
        isAnnounced = true;
        announce(new MediaEvent.FirstAudio(leg));
    }

    /// <summary>Announces the silences that are too long by now.</summary>
    public void LookForSilence(Instant now)
    {
        if (_openedAt == Instant.Never)
            return;
        var pbx = legs.Call;
        if (whatsApp.IsConnected && whatsApp.HasTimedOut(limit, pbx, now))
            announce(new MediaEvent.MediaTimeout(CallLeg.WhatsApp));
        if (pbx.IsAgreed && !pbx.IsHeld && pbx.HasTimedOut(limit, whatsApp, now))
            announce(new MediaEvent.MediaTimeout(CallLeg.Pbx));
    }

    /// <summary>
    /// A call that ends before silence counts as such is one-way as well where one leg was heard and the other never was.
    /// </summary>
    public MediaQuality Judge(in MediaQuality quality, Instant now)
    {
        var isTooShort = _openedAt == Instant.Never || now - _openedAt < ShortestConversation || legs.Call.IsHeld || !legs.Call.IsAgreed;
        return isTooShort ? quality : quality.NoteOneWay();
    }
}
