namespace Benchmarks.Quality;

/// <summary>Compares the audio heard with a loss-free decode, frame by frame.</summary>
internal static class SpeechMatch
{
    private const double LeastSnrDb = 3;

    /// <summary>A frame quieter than this (root mean square) is no speech.</summary>
    private const double QuietRms = 200;

    private const int Frame = SpeechStream.FrameSamples;

    /// <summary>Samples around the last place that matched: a path may insert or leave out audio.</summary>
    private const int Reach = 8 * 130;

    /// <summary>After this many frames that matched nowhere near, the search goes further.</summary>
    private const int Lost = 5;

    /// <summary>Share of speech frames below 3 dB SNR, %. A frame is looked for near where its neighbour was found.</summary>
    /// <param name="reference">Without loss.</param>
    /// <param name="heard">On the listener's timeline, beginning with the reference's beginning.</param>
    /// <param name="found">The place at which each frame of the reference was heard, in samples; -1: nowhere, or it is no speech.</param>
    public static double BadPercent(ReadOnlySpan<short> reference, ReadOnlySpan<short> heard, out int[] found)
    {
        found = new int[reference.Length / Frame];
        var (speech, bad, offset, run) = (0, 0, 0, 0);
        for (var n = 0; n < found.Length; n++)
        {
            found[n] = -1;
            var frame = reference.Slice(n * Frame, Frame);
            if (Energy(frame) < QuietRms * QuietRms * Frame)
                continue;
            speech++;
            if (Matches(frame, heard, n * Frame + offset) || TryFind(frame, heard, n * Frame, run > Lost ? 4 * Reach : Reach, ref offset))
            {
                found[n] = n * Frame + offset;
                run = 0;
                continue;
            }
            bad++;
            run++;
        }
        return 100.0 * bad / speech;
    }

    private static bool TryFind(ReadOnlySpan<short> frame, ReadOnlySpan<short> heard, int at, int reach, ref int offset)
    {
        var (best, bestError) = (0, double.MaxValue);
        for (var shift = -reach; shift <= reach; shift++)
        {
            var error = Error(frame, heard, at + offset + shift, bestError);
            if (error < bestError)
                (best, bestError) = (shift, error);
        }
        if (bestError > Limit(frame) / 10) // elsewhere only a certain match: a voice resembles itself
            return false;
        offset += best;
        return true;
    }

    private static bool Matches(ReadOnlySpan<short> frame, ReadOnlySpan<short> heard, int at) =>
        Error(frame, heard, at, double.MaxValue) <= Limit(frame);

    private static double Limit(ReadOnlySpan<short> frame) => Energy(frame) / Math.Pow(10, LeastSnrDb / 10);

    private static double Error(ReadOnlySpan<short> frame, ReadOnlySpan<short> heard, int at, double enough)
    {
        if (at < 0 || at + Frame > heard.Length)
            return double.MaxValue;
        double sum = 0;
        for (var i = 0; i < Frame && sum < enough; i++)
        {
            double difference = frame[i] - heard[at + i];
            sum += difference * difference;
        }
        return sum;
    }

    private static double Energy(ReadOnlySpan<short> frame)
    {
        double sum = 0;
        foreach (var sample in frame)
            sum += (double)sample * sample;
        return sum;
    }
}
