using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;

namespace Media.Engine.Audio;

/// <summary>Key presses that wait to be heard as tones, one after the other with a pause between: when which one sounds.</summary>
internal sealed class KeyTones
{
    /// <summary>Presses waiting; a peer that sends faster than keys can be played loses the rest.</summary>
    private const int QueueLength = 64;

    /// <summary>ITU-T Q.24: receivers take tones and pauses of 40 ms; the double of it is safe through a codec and its frames.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(80), Pause = TimeSpan.FromMilliseconds(80);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private readonly Queue<(char Key, TimeSpan Duration)> _waiting = new(QueueLength);

    /// <summary>The key to be heard now; null in a pause, and when nothing is played.</summary>
    public char? Sounding { get; private set; }

    /// <summary>A key sounds, or the pause after it, or one waits.</summary>
    public bool IsActive => NextDeadline != Instant.Never;

    /// <summary>The time at which the next tone or pause begins, or the last pause is over.</summary>
    public Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>False when it is no key, or too many wait.</summary>
    public bool TryEnqueue(char key, TimeSpan duration, Instant now)
    {
        if (_waiting.Count == QueueLength || !KeyFrequencies.TryGet(key, out _, out _))
            return false;
        _waiting.Enqueue((char.ToUpperInvariant(key), duration < Shortest ? Shortest : duration > Longest ? Longest : duration));
        if (!IsActive)
            NextDeadline = now;
        return true;
    }

    public void HandleDeadline(Instant now)
    {
        if (now < NextDeadline)
            return;
        if (Sounding is not null)
        {
            Sounding = null;
            NextDeadline = now + Pause;
        }
        else if (_waiting.TryDequeue(out var next))
        {
            Sounding = next.Key;
            NextDeadline = now + next.Duration;
        }
        else
        {
            NextDeadline = Instant.Never;
        }
    }
}
