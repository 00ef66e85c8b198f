using System.Collections.Concurrent;
using Media.Protocols.Primitives;

namespace Media.Engine.Audio;

/// <summary>The audio a call can hear that neither side sent, by treatment, tone and sample rate; rendered at first use.</summary>
internal static class AudioLoops
{
    private static readonly ConcurrentDictionary<(AudioTreatment, RingbackTone, int), AudioLoop> Rendered = new();

    private static readonly ConcurrentDictionary<(char, int), AudioLoop> Keys = new();

    /// <summary>The tones of a key, for as long as it is down.</summary>
    public static AudioLoop OfKey(char key, int rate) =>
        Keys.GetOrAdd((key, rate), static key => new AudioLoop(KeyRenderer.Render(key.Item1, key.Item2)));

    /// <param name="treatment">Silence, Ringback, HoldMusic or Warning; Live has no audio of its own and gives silence.</param>
    /// <param name="tone">Matters to Ringback only.</param>
    /// <param name="rate">Samples per second: 8000 or 16000.</param>
    public static AudioLoop Get(AudioTreatment treatment, RingbackTone tone, int rate) => treatment switch
    {
        AudioTreatment.Ringback =>
            Rendered.GetOrAdd((treatment, tone, rate), key => new AudioLoop(RingbackRenderer.Render(key.Item2, key.Item3))),
        AudioTreatment.HoldMusic =>
            Rendered.GetOrAdd((treatment, default, rate), key => new AudioLoop(HoldMusicRenderer.Render(key.Item3))),
        AudioTreatment.Warning => Rendered.GetOrAdd((treatment, default, rate), key => new AudioLoop(WarningRenderer.Render(key.Item3))),
        _ => Rendered.GetOrAdd((AudioTreatment.Silence, default, rate), key => new AudioLoop(new short[key.Item3 / 50])),
    };
}
