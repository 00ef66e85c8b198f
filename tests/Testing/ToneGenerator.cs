namespace Testing;

/// <summary>An endless sine of 16-bit samples whose phase is continuous from one frame to the next.</summary>
/// <param name="hertz">Below half of <paramref name="rate"/>.</param>
/// <param name="rate">Samples per second.</param>
/// <param name="amplitude">Peak, up to 32767.</param>
public sealed class ToneGenerator(double hertz, int rate, double amplitude = 8000)
{
    private long _position;

    public double Hertz => hertz;

    public void Fill(Span<short> frame)
    {
        for (var i = 0; i < frame.Length; i++)
            frame[i] = (short)(amplitude * Math.Sin(2 * Math.PI * hertz * _position++ / rate));
    }
}
