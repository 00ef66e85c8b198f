using Media.Engine;
using Media.Engine.Codecs;
using Media.Native.Opus;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>
/// Decodes a packet with each codec, as audio and as the redundancy of a lost one, between two packets that are in order.
/// </summary>
public sealed class OpusFuzzTarget : IFuzzTarget
{
    private static readonly byte[] Silence = [0x08, 0xff, 0xfe]; // SILK narrowband, one frame of 20 ms

    public string Name => "opus";

    public void Run(ReadOnlySpan<byte> input)
    {
        Run(OpusImplementation.Native, input);
        Run(OpusImplementation.Managed, input);
    }

    private static void Run(OpusImplementation implementation, ReadOnlySpan<byte> input)
    {
        using var decoder = OpusCodecs.CreateDecoder(implementation, 8000);
        var pcm = new short[8 * OpusDecoder.MaxPacketMilliseconds];
        Require(decoder.Decode(Silence, pcm) == new OpusResult(160, OpusError.None), "a good packet decodes");
        var fec = decoder.DecodeFec(input, pcm.AsSpan(0, 160));
        Require(fec.IsOk ? fec.Count == 160 : fec.Count == 0, "redundancy fills the gap or fails");
        var decoded = decoder.Decode(input, pcm);
        Require(decoded.IsOk ? decoded.Count is > 0 and <= 960 : decoded.Count == 0, "a packet has at most 120 ms");
        Require(!decoded.IsOk || decoder.GetSampleCount(input) == decoded, "the length is known beforehand");
        Require(decoder.Conceal(pcm.AsSpan(0, 160)).Count == 160, "any gap can be concealed");
        Require(decoder.Decode(Silence, pcm) == new OpusResult(160, OpusError.None), "a good packet decodes after a bad one");
    }
}
