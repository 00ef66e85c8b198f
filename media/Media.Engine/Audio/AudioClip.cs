namespace Media.Engine.Audio;

/// <summary>
/// A piece of sound that calls can hear: 16-bit linear mono samples at both rates that a listener may have, shared by every call that
/// plays it and never changed. A call keeps only its position.
/// </summary>
public sealed class AudioClip
{
    private readonly short[] _narrow;
    private readonly short[] _wide;

    /// <param name="name">For logs and operators.</param>
    /// <param name="at8000">Samples at 8 kHz; at least one.</param>
    /// <param name="at16000">The same sound at 16 kHz: twice as many, give or take a millisecond.</param>
    /// <exception cref="ArgumentException">One of them is empty, or they differ in length.</exception>
    public AudioClip(string name, ReadOnlySpan<short> at8000, ReadOnlySpan<short> at16000)
        : this(name, at8000.ToArray(), at16000.ToArray())
    {
    }

    internal AudioClip(string name, Func<int, short[]> render)
        : this(name, render(8000), render(16000))
    {
    }

    private AudioClip(string name, short[] narrow, short[] wide)
    {
        if (narrow.Length == 0 || Math.Abs(2 * narrow.Length - wide.Length) > 16)
            throw new ArgumentException($"The samples of {name} at 8 and 16 kHz are empty or differ in length.", nameof(name));
        (Name, _narrow, _wide) = (name, narrow, wide);
    }

    public string Name { get; }

    public TimeSpan Length => TimeSpan.FromSeconds(_narrow.Length / 8000.0);

    /// <param name="rate">8000 or 16000.</param>
    internal ReadOnlySpan<short> Samples(int rate) => rate == 8000 ? _narrow : _wide;
}
