using Media.Engine.Codecs;
using Media.Native.Opus;
using Media.Protocols.Sdp;
using Testing;

namespace Benchmarks;

/// <summary>
/// Speech-like sound, encoded once as WhatsApp sends it (wideband Opus with FEC) and as a PBX does (PCMU): ten seconds, or nine where the
/// two take turns to talk, with the noise of a quiet line between.
/// </summary>
internal sealed class SpeechPackets
{
    private const int TurnFrames = 75;

    private readonly byte[][] _opus;
    private readonly byte[][] _pcmu;

    public SpeechPackets(int bitrate, bool takesTurns = false)
    {
        (_opus, _pcmu) = takesTurns ? (new byte[450][], new byte[450][]) : (new byte[500][], new byte[500][]);
        var noise = new Random(1);
        var (wide, narrow) = (new SpeechGenerator(16000), new SpeechGenerator(8000));
        var (pcm, packet) = (new short[320], new byte[400]);
        using var encoder = new OpusEncoder(new OpusEncoderOptions { SampleRate = 16000, Bitrate = bitrate, Complexity = 9 });
        for (var n = 0; n < _opus.Length; n++)
        {
            var isUsersTurn = n / TurnFrames % 2 == 0;
            Fill(wide, pcm, isSilent: takesTurns && !isUsersTurn);
            _opus[n] = packet[..encoder.Encode(pcm, packet).Count];
            Fill(narrow, pcm.AsSpan(0, 160), isSilent: takesTurns && isUsersTurn);
            _pcmu[n] = new byte[160];
            G711.EncodeUlaw(pcm.AsSpan(0, 160), _pcmu[n]);
        }

        void Fill(SpeechGenerator voice, Span<short> frame, bool isSilent)
        {
            if (!isSilent)
                voice.Fill(frame);
            else
                foreach (ref var sample in frame)
                    sample = (short)noise.Next(-20, 21);
        }
    }

    /// <summary>Opus or PCMU.</summary>
    public byte[] Of(AudioCodec codec, int call, int frame) => codec == AudioCodec.Opus ? Opus(call, frame) : Pcmu(call, frame);

    /// <summary>Calls start at different places, so that their audio differs at any moment.</summary>
    public byte[] Opus(int call, int frame) => _opus[(frame + call * 37) % _opus.Length];

    public byte[] Pcmu(int call, int frame) => _pcmu[(frame + call * 37) % _opus.Length];
}
