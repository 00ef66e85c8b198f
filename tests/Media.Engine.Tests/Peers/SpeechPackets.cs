using Media.Native.Opus;
using Testing;

namespace Media.Engine.Tests.Peers;

/// <summary>Sound as WhatsApp sends it: Opus with FEC, a packet per 20 ms.</summary>
internal static class SpeechPackets
{
    /// <param name="count">Packets.</param>
    /// <param name="turn">Packets of talk and of near silence, in turn; 0: of talk only.</param>
    public static byte[][] Encode(int count, int turn = 0)
    {
        using var encoder = new OpusEncoder(new OpusEncoderOptions { SampleRate = 16000 });
        var (speech, frame, packet, packets) = (new SpeechGenerator(16000), new short[320], new byte[400], new byte[count][]);
        for (var n = 0; n < count; n++)
        {
            speech.Fill(frame);
            for (var i = 0; turn > 0 && n / turn % 2 == 1 && i < frame.Length; i++)
                frame[i] /= 500;
            packets[n] = packet[..encoder.Encode(frame, packet).Count];
        }
        return packets;
    }
}
