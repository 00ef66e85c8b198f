namespace Media.Engine.Audio;

/// <summary>
/// Hold music of our own: a slow arpeggio over four chords (C, A minor, F, G), each note a soft struck sine with one
/// overtone. Everything lies within 196 … 1320 Hz, where a telephone and an Opus encoder at 20 kbit/s both do well.
/// </summary>
internal static class HoldMusicRenderer
{
    /// <summary>The whole is 15.36 s: a whole number of packets of any packet time, so that it repeats without a seam.</summary>
    private const double NoteSeconds = 0.48;
    private const double Amplitude = 5000;

    // Semitones above A3 (220 Hz); eight notes a chord.
    private static readonly int[][] Chords =
    [
        [3, 7, 10, 15, 19, 15, 10, 7],
        [0, 3, 7, 12, 15, 12, 7, 3],
        [-4, 0, 3, 8, 12, 8, 3, 0],
        [-2, 2, 5, 10, 14, 10, 5, 2],
    ];

    public static short[] Render(int rate)
    {
        var notes = Chords.SelectMany(chord => chord).ToArray();
        var mix = new double[(int)(notes.Length * NoteSeconds * rate)];
        for (var n = 0; n < notes.Length; n++)
            Strike(mix, (int)(n * NoteSeconds * rate), 220 * Math.Pow(2, notes[n] / 12.0), rate);
        return Array.ConvertAll(mix, sample => (short)Math.Clamp(sample, short.MinValue, short.MaxValue));
    }

    /// <summary>Adds one note; it rings on into the notes after it, and past the end into the beginning.</summary>
    private static void Strike(double[] mix, int start, double hertz, int rate)
    {
        var length = (int)(NoteSeconds * 4 * rate);
        for (var i = 0; i < length; i++)
        {
            var t = (double)i / rate;
            var envelope = Math.Min(1, t / 0.02) * Math.Exp(-2.2 * t) * Math.Min(1, (length - i) / (0.05 * rate));
            var phase = 2 * Math.PI * hertz * t;
            mix[(start + i) % mix.Length] += Amplitude * envelope * (Math.Sin(phase) + 0.2 * Math.Sin(2 * phase)) * 0.6;
        }
    }
}
