using Media.Native.Opus;
using Testing;

namespace Benchmarks.Quality;

/// <summary>
/// Speech-like sound with pauses, as WhatsApp sends it: wideband Opus at 20 kbit/s with FEC, one packet per 20 ms; and its
/// loss-free decode at 8 kHz.
/// </summary>
internal sealed class SpeechStream
{
    public const int FrameSamples = 160;

    /// <summary>Frames of talk and of pause, in turn.</summary>
    private static readonly int[] Turns = [110, 25, 60, 15, 140, 50];

    public SpeechStream(int frames)
    {
        var speech = new SpeechGenerator(16000);
        var (pcm, packet) = (new short[320], new byte[400]);
        using var encoder = new OpusEncoder(new OpusEncoderOptions { SampleRate = 16000, Complexity = 9 });
        using var decoder = new OpusDecoder(8000);
        Packets = new byte[frames][];
        Reference = new short[frames * FrameSamples];
        for (var n = 0; n < frames; n++)
        {
            speech.Fill(pcm);
            if (IsPause(n))
                for (var i = 0; i < pcm.Length; i++)
                    pcm[i] /= 500;
            Packets[n] = packet[..encoder.Encode(pcm, packet).Count];
            decoder.Decode(Packets[n], Reference.AsSpan(n * FrameSamples, FrameSamples));
        }
    }

    public byte[][] Packets { get; }

    public short[] Reference { get; }

    private static bool IsPause(int frame)
    {
        var at = frame % Turns.Sum();
        for (var i = 0; ; i++)
        {
            if (at < Turns[i])
                return i % 2 == 1;
            at -= Turns[i];
        }
    }
}
