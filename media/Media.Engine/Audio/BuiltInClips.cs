namespace Media.Engine.Audio;

/// <summary>
/// The clips that need no upload; rendered at first use. Each is a whole number of packets of any packet time, or ends in silence.
/// </summary>
public static class BuiltInClips
{
    private static readonly Lazy<AudioClip> Quiet = new(() => new AudioClip("silence", rate => new short[rate * 12 / 10]));
    private static readonly Lazy<AudioClip> Music = new(() => new AudioClip("hold music", HoldMusicRenderer.Render));
    private static readonly Lazy<AudioClip> Beep = new(() => new AudioClip("queue beep", rate => BeepRenderer.Render(rate, 200, 40)));

    /// <summary>1.2 s of nothing.</summary>
    public static AudioClip Silence => Quiet.Value;

    /// <summary>Music to wait by, without a seam where it repeats.</summary>
    public static AudioClip HoldMusic => Music.Value;

    /// <summary>One short beep: the caller has moved on in the queue, or a recording begins.</summary>
    public static AudioClip QueueBeep => Beep.Value;
}
