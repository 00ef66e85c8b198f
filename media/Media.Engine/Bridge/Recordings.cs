using Media.Engine.Legs;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Engine.Bridge;

/// <summary>The recordings of one call: one of each leg at a time.</summary>
/// <param name="legOf">The leg as it is now: a call may change its pbx leg.</param>
/// <param name="options">The engine's.</param>
internal sealed class Recordings(Func<CallLeg, MediaLeg> legOf, MediaEngineOptions options)
{
    private MessageRecorder? _whatsApp;
    private MessageRecorder? _pbx;

    public Instant NextDeadline => Instant.Min(_whatsApp?.NextDeadline ?? Instant.Never, _pbx?.NextDeadline ?? Instant.Never);

    public bool IsActive => _whatsApp is not null || _pbx is not null;

    /// <summary>Records a leg from now on, in place of what records it now.</summary>
    public void Start(CallLeg from, AudioRecordingOptions recording, IRecordingSink sink, Instant now)
    {
        End(from, RecordingEnd.Stopped);
        Of(from) = new MessageRecorder(legOf(from), recording, sink, options, now);
    }

    public void End(CallLeg from, RecordingEnd reason)
    {
        Of(from)?.End(reason);
        Clear(ref Of(from));
    }

    /// <summary>The call is over.</summary>
    public void EndAll()
    {
        End(CallLeg.WhatsApp, RecordingEnd.CallEnded);
        End(CallLeg.Pbx, RecordingEnd.CallEnded);
    }

    public void Hear(CallLeg from, in RtpPacketReader packet, Instant now)
    {
        Of(from)?.Hear(packet, now);
        Clear(ref Of(from));
    }

    public void HandleKey(CallLeg from, char key)
    {
        Of(from)?.HandleKey(key);
        Clear(ref Of(from));
    }

    public void HandleDeadline(Instant now)
    {
        _whatsApp?.HandleDeadline(now);
        _pbx?.HandleDeadline(now);
        Clear(ref _whatsApp);
        Clear(ref _pbx);
    }

    private ref MessageRecorder? Of(CallLeg leg) => ref (leg == CallLeg.WhatsApp ? ref _whatsApp : ref _pbx);

    private static void Clear(ref MessageRecorder? recorder)
    {
        if (recorder is not { IsOver: true })
            return;
        recorder.Dispose();
        recorder = null;
    }
}
