using Media.Engine;
using Media.Engine.Codecs;
using Media.Native.Opus;
using Media.Protocols.Sdp;
using Testing;

namespace Benchmarks.Quality;

/// <summary>
/// The quality that a WhatsApp user hears of speech from a PBX when packets are lost on the way: with error correction as configured, and
/// with error correction and bit rate that follow the user's receiver reports. Two minutes a row, of which the second counts.
/// </summary>
internal static class ProtectionTable
{
    private const int Rate = 8000, Frame = 160, Frames = 6000, Counted = 3000;

    /// <summary>Frames from one receiver report to the next: five seconds.</summary>
    private const int ReportEach = 250;

    public static void Print()
    {
        Console.WriteLine();
        Console.WriteLine(
            "PCMU -> Opus, decoded by libopus with FEC: speech frames below 3 dB SNR against the loss-free decode; mean SNR of the " +
            "loss-free decode against what was said; bytes of Opus a second; the loss prepared for in the end.");
        Console.WriteLine($"{"",-12} {"as configured",34}   {"following, 20 kbit/s at most",34}   {"following, no limit",34}");
        foreach (var percent in new[] { 0, 5, 10, 20 })
            Console.WriteLine(
                $"loss {percent,2} %    {Show(Run(percent, isFollowed: false))}   {Show(Run(percent, isFollowed: true))}   " +
                $"{Show(Run(percent, isFollowed: true, most: 0))}");
    }

    private static string Show(Heard heard) =>
        $"{heard.BadPercent,6:F2} % {heard.CleanDb,6:F2} dB {heard.BytesPerSecond,6:F0} B/s {heard.Prepared,3} %";

    private static Heard Run(int percent, bool isFollowed, int most = 20_000)
    {
        var options = new OpusOptions { FollowLoss = isFollowed };
        var protection = new LossProtection(options);
        using var encoder = new AudioEncoder(
            AudioCodec.Opus, Rate, options, new OpusFormat { UseInbandFec = true, MaxAverageBitrate = most }, null, protection);
        using var decoder = new OpusDecoder(Rate);
        var (speech, random) = (new SpeechGenerator(Rate), new Random(5));
        var (said, clean, packets, lost) = (new short[Frames * Frame], new short[Frames * Frame], new byte[Frames][], new bool[Frames]);
        var (packet, lostOfReport) = (new byte[400], 0);
        for (var n = 0; n < Frames; n++)
        {
            var frame = said.AsSpan(n * Frame, Frame);
            speech.Fill(frame);
            packets[n] = packet[..encoder.Encode(frame, packet)];
            decoder.Decode(packets[n], clean.AsSpan(n * Frame, Frame));
            lost[n] = random.Next(100) < percent;
            lostOfReport += lost[n] ? 1 : 0;
            if (n % ReportEach != ReportEach - 1)
                continue;
            protection.Handle((double)lostOfReport / ReportEach);
            lostOfReport = 0;
        }
        var heard = Hear(packets, lost);
        var from = (Frames - Counted) * Frame;
        return new Heard(
            SpeechMatch.BadPercent(clean.AsSpan(from), heard.AsSpan(from), out _), SignalToNoise(said.AsSpan(from), clean.AsSpan(from)),
            packets.Skip(Frames - Counted).Sum(one => one.Length) * 50.0 / Counted, protection.Percent);
    }

    private static short[] Hear(byte[][] packets, bool[] lost)
    {
        using var decoder = new OpusDecoder(Rate);
        var heard = new short[packets.Length * Frame];
        for (var n = 0; n < packets.Length; n++)
        {
            var frame = heard.AsSpan(n * Frame, Frame);
            if (!lost[n])
                decoder.Decode(packets[n], frame);
            else if (n + 1 < packets.Length && !lost[n + 1])
                decoder.DecodeFec(packets[n + 1], frame);
            else
                decoder.Conceal(frame);
        }
        return heard;
    }

    /// <summary>The mean over frames of speech, at the codec's own delay.</summary>
    private static double SignalToNoise(ReadOnlySpan<short> said, ReadOnlySpan<short> heard)
    {
        var best = double.MinValue;
        for (var delay = 30; delay < 80; delay++) // libopus: 6.5 ms at 8 kHz
            best = Math.Max(best, SignalToNoise(said, heard[delay..]));
        return best;

        static double SignalToNoise(ReadOnlySpan<short> said, ReadOnlySpan<short> heard)
        {
            var (sum, frames) = (0.0, 0);
            for (var at = 0; at + Frame <= Math.Min(said.Length, heard.Length); at += Frame)
            {
                var (signal, noise) = (0.0, 1.0);
                for (var i = at; i < at + Frame; i++)
                    (signal, noise) = (signal + (double)said[i] * said[i], noise + Math.Pow(said[i] - heard[i], 2));
                if (signal < 200.0 * 200 * Frame)
                    continue;
                (sum, frames) = (sum + 10 * Math.Log10(signal / noise), frames + 1);
            }
            return frames > 0 ? sum / frames : 0;
        }
    }

    private readonly record struct Heard(double BadPercent, double CleanDb, double BytesPerSecond, int Prepared);
}
