using System.Buffers.Binary;
using Media.Protocols.Jitter;
using Media.Protocols.Primitives;

namespace Media.Protocols.Rtcp;

/// <summary>A receiver's VoIP metrics on one source (RFC 3611 §4.7): what its listener hears. Null: the reporter does not say.</summary>
/// <remarks>
/// <code>
/// |     BT=7      |   reserved    |       block length = 8        |
/// |                        SSRC of source                         |
/// |   loss rate   | discard rate  | burst density |  gap density  |
/// |       burst duration          |         gap duration          |
/// |     round trip delay          |       end system delay        |
/// | signal level  |  noise level  |     RERL      |     Gmin      |
/// |   R factor    | ext. R factor |    MOS-LQ     |    MOS-CQ     |
/// |   RX config   |   reserved    |          JB nominal           |
/// |          JB maximum           |          JB abs max           |
/// </code>
/// Rates and densities in 1/256, durations and delays in ms, scores × 10; 127 is unavailable, and so is a delay of 0. Levels, echo and the
/// jitter buffer are not read: nothing here uses them.
/// </remarks>
/// <param name="Source">Whose stream was heard.</param>
/// <param name="LossRatio">0 … 1: lost on the way, since the beginning.</param>
/// <param name="DiscardRatio">0 … 1: came too late or too early to be played.</param>
/// <param name="Losses">Bursts and gaps; milliseconds up to 65535.</param>
/// <param name="RoundTripMs">Between the RTP interfaces.</param>
/// <param name="EndSystemMs">The reporter's own delay: jitter buffer, decoder, encoder.</param>
/// <param name="Rating">R of the E-model, 0 … 100.</param>
/// <param name="ListeningMos">Without the effect of delay, 1 … 5.</param>
/// <param name="ConversationalMos">With it, 1 … 5.</param>
public readonly record struct VoipMetrics(
    Ssrc Source, double LossRatio, double DiscardRatio, BurstsAndGaps Losses, int? RoundTripMs, int? EndSystemMs, int? Rating,
    double? ListeningMos, double? ConversationalMos)
{
    /// <summary>Bytes, the block's header included.</summary>
    public const int Length = 36;

    /// <summary>The block's type.</summary>
    public const byte BlockType = 7;

    private const byte Unavailable = 127;

    /// <summary>§4.7.8: packets are concealed (standard), the jitter buffer adapts, at a rate that is not told.</summary>
    private const byte ReceiverConfiguration = 0b11_11_0000;

    /// <summary>Reads a block whose type and length were checked.</summary>
    internal static VoipMetrics Read(ReadOnlySpan<byte> block) => new(
        new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(block[4..])), block[8] / 256.0, block[9] / 256.0,
        new BurstsAndGaps(
            block[10] / 256.0, block[11] / 256.0, BinaryPrimitives.ReadUInt16BigEndian(block[12..]),
            BinaryPrimitives.ReadUInt16BigEndian(block[14..])),
        Delay(block[16..]), Delay(block[18..]), block[24] <= 100 ? block[24] : null, Mos(block[26]), Mos(block[27]));

    internal void Write(Span<byte> block)
    {
        block[..Length].Clear();
        block[0] = BlockType;
        block[3] = Length / 4 - 1;
        BinaryPrimitives.WriteUInt32BigEndian(block[4..], Source.Value);
        (block[8], block[9]) = (Share(LossRatio), Share(DiscardRatio));
        (block[10], block[11]) = (Share(Losses.BurstDensity), Share(Losses.GapDensity));
        BinaryPrimitives.WriteUInt16BigEndian(block[12..], Milliseconds(Losses.BurstMs));
        BinaryPrimitives.WriteUInt16BigEndian(block[14..], Milliseconds(Losses.GapMs));
        BinaryPrimitives.WriteUInt16BigEndian(block[16..], Milliseconds(RoundTripMs ?? 0));
        BinaryPrimitives.WriteUInt16BigEndian(block[18..], Milliseconds(EndSystemMs ?? 0));
        block[20..23].Fill(Unavailable);
        block[23] = LossPattern.MinGap;
        block[24] = Rating is { } rating ? (byte)Math.Clamp(rating, 0, 100) : Unavailable;
        block[25] = Unavailable;
        (block[26], block[27]) = (Tenths(ListeningMos), Tenths(ConversationalMos));
        block[28] = ReceiverConfiguration;
        BinaryPrimitives.WriteUInt16BigEndian(block[30..], Milliseconds(EndSystemMs ?? 0));
        BinaryPrimitives.WriteUInt16BigEndian(block[32..], Milliseconds(EndSystemMs ?? 0));
    }

    private static int? Delay(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes) is > 0 and var value ? value : null;

    private static double? Mos(byte tenths) => tenths is >= 10 and <= 50 ? tenths / 10.0 : null;

    private static byte Share(double value) => (byte)Math.Clamp((int)(value * 256), 0, 255);

    private static byte Tenths(double? value) => value is { } mos ? (byte)Math.Clamp((int)Math.Round(mos * 10), 10, 50) : Unavailable;

    private static ushort Milliseconds(double value) => (ushort)Math.Clamp(value, 0, ushort.MaxValue);
}
