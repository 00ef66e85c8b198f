using Media.Engine.Codecs;
using Media.Native.Opus;
using Testing;

namespace Benchmarks;

/// <summary>
/// Ten seconds of speech-like sound, encoded once as WhatsApp sends it (wideband Opus with FEC) and as a PBX does (PCMU).
/// </summary>
internal sealed class SpeechPackets
{
    private const int Frames = 500;

    private readonly byte[][] _opus = new byte[Frames][];
    private readonly byte[][] _pcmu = new byte[Frames][];

    public SpeechPackets(int bitrate)
    {
        var (wide, narrow) = (new SpeechGenerator(16000), new SpeechGenerator(8000));
        var (pcm, packet) = (new short[320], new byte[400]);
        using var encoder = new OpusEncoder(new OpusEncoderOptions { SampleRate = 16000, Bitrate = bitrate, Complexity = 9 });
        for (var n = 0; n < Frames; n++)
        {
            wide.Fill(pcm);
            _opus[n] = packet[..encoder.Encode(pcm, packet).Count];
            narrow.Fill(pcm.AsSpan(0, 160));
            _pcmu[n] = new byte[160];
            G711.EncodeUlaw(pcm.AsSpan(0, 160), _pcmu[n]);
        }
    }

    /// <summary>Calls start at different places, so that their audio differs at any moment.</summary>
    public byte[] Opus(int call, int frame) => _opus[(frame + call * 37) % Frames];

    public byte[] Pcmu(int call, int frame) => _pcmu[(frame + call * 37) % Frames];
}
