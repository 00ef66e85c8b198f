using Media.Engine.Bridge;
using Media.Protocols.Primitives;

namespace Media.Engine.Session;

/// <summary>Announces what has become of a session's legs: reached, lost, held.</summary>
/// <param name="whatsApp">The whatsapp leg.</param>
/// <param name="legs">The pbx legs.</param>
/// <param name="announce">Takes the events.</param>
internal sealed class LegWatch(WebRtcLeg whatsApp, PbxLegs legs, Action<MediaEvent> announce)
{
    private bool _wasConnected, _wasHeld, _hasFailed;
    private bool _hasPbxFailed;

    /// <summary>The call's PBX holds it from before: that is known already.</summary>
    public void BeginHeld(AudioPath fromPbx, Instant now) => PbxLegs.Hold(legs.Call, fromPbx, ref _wasHeld, now);

    /// <summary>Announces what is new.</summary>
    /// <param name="fromPbx">Its filler follows who holds the call.</param>
    /// <param name="now">The time.</param>
    /// <returns>True: the whatsapp leg has just been lost.</returns>
    public bool Follow(AudioPath fromPbx, Instant now)
    {
        var isLost = FollowWhatsApp(now);
        var hasFailed = legs.Call.Failure is not null;
        if (hasFailed && !_hasPbxFailed)
            announce(new MediaEvent.PbxFailed(legs.Call.Failure!.Value));
        _hasPbxFailed = hasFailed;
        if (PbxLegs.Hold(legs.Heard, fromPbx, ref _wasHeld, now))
            announce(_wasHeld ? new MediaEvent.PbxHeld() : new MediaEvent.PbxResumed());
        return isLost;
    }

    private bool FollowWhatsApp(Instant now)
    {
        if (whatsApp.TryTakePath(out var path))
            announce(new MediaEvent.WhatsAppPath(path.Local, path.Remote));
        if (whatsApp.IsConnected && !_wasConnected)
        {
            _wasConnected = true;
            whatsApp.LastHeard = now;
            announce(new MediaEvent.WhatsAppConnected());
        }
        if (whatsApp.Failure is not { } failure || _hasFailed)
            return false;
        _hasFailed = true;
        announce(new MediaEvent.WhatsAppFailed(failure));
        return true;
    }
}
