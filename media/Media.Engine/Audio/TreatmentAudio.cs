using System.Collections.Concurrent;
using Media.Protocols.Primitives;

namespace Media.Engine.Audio;

/// <summary>The lists that make what a call can hear that neither side sent, and that nobody uploaded.</summary>
internal static class TreatmentAudio
{
    private static readonly ConcurrentDictionary<RingbackTone, Playlist> Ringback = new();
    private static readonly ConcurrentDictionary<char, Playlist> Keys = new();
    private static readonly Lazy<Playlist> Music = new(() => Endless(BuiltInClips.HoldMusic));

    public static Playlist Silence { get; } = Endless(BuiltInClips.Silence);

    /// <summary>Two beeps: the call will end soon.</summary>
    public static Playlist Warning { get; } =
        Endless(new AudioClip("warning", rate => BeepRenderer.Render(rate, BeepRenderer.Warning)));

    /// <summary>The tones of a key, for as long as it is down.</summary>
    public static Playlist OfKey(char key) => Keys.GetOrAdd(
        key, static key => Endless(new AudioClip("key " + key, rate => KeyRenderer.Render(key, rate))));

    /// <param name="treatment">What is to be heard.</param>
    /// <param name="tone">Matters to Ringback only.</param>
    /// <returns>Null for the live audio.</returns>
    public static Playlist? Of(AudioTreatment treatment, RingbackTone tone) => treatment switch
    {
        AudioTreatment.Live => null,
        AudioTreatment.HoldMusic => Music.Value,
        AudioTreatment.Ringback => Ringback.GetOrAdd(
            tone, static tone => Endless(new AudioClip("ringback", rate => RingbackRenderer.Render(tone, rate)))),
        _ => Silence,
    };

    private static Playlist Endless(AudioClip clip) => new([clip], AudioRepeat.All);
}
