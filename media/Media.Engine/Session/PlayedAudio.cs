using Media.Engine.Audio;
using Media.Engine.Bridge;
using Media.Protocols.Primitives;

namespace Media.Engine.Session;

/// <summary>
/// The audio that each leg of a session is to hear in place of the other: treatments, what is played over them, keys in tones.
/// </summary>
/// <param name="deadlines">The session's.</param>
internal sealed class PlayedAudio(DeadlineTable<MediaDeadline> deadlines)
{
    private Playlist? _toWhatsApp;
    private Playlist? _toPbx;

    public AudioTreatment TowardsWhatsApp { get; set; } = AudioTreatment.Live;

    public AudioTreatment TowardsPbx { get; set; } = AudioTreatment.Live;

    public KeyTones Keys { get; } = new();

    /// <summary>A list is played whose end is waited for.</summary>
    public bool IsPlaying => _toWhatsApp is not null || _toPbx is not null;

    /// <summary>The snapshot of a session whose legs are these.</summary>
    public MediaSnapshot Save(WhatsAppLegSnapshot whatsApp, PbxLegSnapshot pbx, in CallCounters counters) => new()
    {
        WhatsApp = whatsApp,
        Pbx = pbx,
        TowardsWhatsApp = TowardsWhatsApp,
        TowardsPbx = TowardsPbx,
        Counters = counters,
    };

    /// <summary>The leg hears this list in place of its treatment. Null: its treatment again.</summary>
    public void Play(CallLeg to, Playlist? list) => (to == CallLeg.WhatsApp ? ref _toWhatsApp : ref _toPbx) = list;

    public Playlist? ForWhatsApp(RingbackTone ringback) => _toWhatsApp ?? TreatmentAudio.Of(TowardsWhatsApp, ringback);

    /// <summary>Keys sound in place of anything else: a PBX must not find music or beeps among them.</summary>
    public Playlist? ForPbx(RingbackTone ringback) =>
        Keys.Sounding is { } key ? TreatmentAudio.OfKey(key)
        : Keys.IsActive ? TreatmentAudio.Silence
        : deadlines.IsSet(MediaDeadline.Warning) ? TreatmentAudio.Warning
        : _toPbx ?? TreatmentAudio.Of(TowardsPbx, ringback);

    /// <summary>The list that the path has played to its end, once.</summary>
    public Playlist? TakeEnded(CallLeg to, AudioPath path)
    {
        ref var played = ref to == CallLeg.WhatsApp ? ref _toWhatsApp : ref _toPbx;
        if (path.TakeEnded() is not { } ended || ended != played)
            return null;
        played = null;
        return ended;
    }
}
