using Media.Native.Opus;

namespace Benchmarks.Quality;

/// <summary>
/// libopus as its own documentation uses it: FEC where the next packet is available, otherwise concealment; behind a fixed buffer where
/// timing matters.
/// </summary>
internal static class PlainDecoder
{
    private const double BufferMs = 120;

    public static short[] Decode(byte[][] packets, double?[] delays, bool isTimed)
    {
        using var decoder = new OpusDecoder(8000);
        var sound = new short[packets.Length * SpeechStream.FrameSamples];
        for (var n = 0; n < packets.Length; n++)
        {
            var frame = sound.AsSpan(n * SpeechStream.FrameSamples, SpeechStream.FrameSamples);
            if (IsThere(n, n))
                decoder.Decode(packets[n], frame);
            else if (n + 1 < packets.Length && IsThere(n + 1, n))
                decoder.DecodeFec(packets[n + 1], frame);
            else
                decoder.Conceal(frame);
        }
        return sound;

        bool IsThere(int packet, int at) => delays[packet] is { } delay && (!isTimed || (packet - at) * 20 + delay <= BufferMs);
    }
}
