namespace Media.Engine.Audio;

/// <summary>
/// Generated audio that repeats: samples shared by every call that plays them, and never changed. A call keeps only its position.
/// </summary>
/// <param name="samples">16-bit linear.</param>
internal sealed class AudioLoop(short[] samples)
{
    public int Length => samples.Length;

    /// <summary>Fills <paramref name="frame"/> from <paramref name="position"/> and returns the position after it.</summary>
    public int Read(int position, Span<short> frame)
    {
        while (frame.Length > 0)
        {
            var count = Math.Min(frame.Length, samples.Length - position);
            samples.AsSpan(position, count).CopyTo(frame);
            frame = frame[count..];
            position = (position + count) % samples.Length;
        }
        return position;
    }
}
