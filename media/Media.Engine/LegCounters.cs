using Media.Protocols.Srtp;

namespace Media.Engine;

/// <summary>The part of one leg's state that every packet changes. A plain value, read without allocation.</summary>
/// <param name="Ssrc">Of the stream that we send.</param>
/// <param name="NextSequence">Of its next packet.</param>
/// <param name="Timestamp">Of audio that would be sent next.</param>
/// <param name="Srtp">How far encryption has come; <see cref="SrtpPosition.None"/> without any.</param>
/// <param name="PacketsSent">RTP packets since the call began.</param>
/// <param name="PacketsReceived">The peer's.</param>
/// <param name="PacketsLost">The peer's.</param>
public readonly record struct LegCounters(
    uint Ssrc, ushort NextSequence, uint Timestamp, SrtpPosition Srtp, long PacketsSent, long PacketsReceived, long PacketsLost)
{
    /// <summary>The index of the next packet (RFC 3711 §3.3.1): the one nearest to the last that was sent.</summary>
    private long NextIndex =>
        Srtp.SentIndex < 0 ? NextSequence : Srtp.SentIndex + (short)(NextSequence - (ushort)Srtp.SentIndex);

    /// <summary>The same stream, so much later.</summary>
    /// <param name="packets">Below 2¹⁵: beyond it a receiver would guess another rollover.</param>
    /// <param name="reports">SRTCP packets.</param>
    /// <param name="units">Of the RTP clock.</param>
    public LegCounters Ahead(int packets, int reports, long units)
    {
        var next = NextIndex + packets;
        return this with
        {
            NextSequence = (ushort)next,
            Timestamp = Timestamp + (uint)units,
            Srtp = Srtp with { SentIndex = next - 1, SentReport = Srtp.SentReport + reports },
        };
    }
}

/// <summary>The counters of both legs of a call at one moment.</summary>
/// <param name="At">When, by the clock of the process that had the call.</param>
/// <param name="WhatsApp">The whatsapp leg's.</param>
/// <param name="Pbx">The pbx leg's.</param>
public readonly record struct CallCounters(DateTimeOffset At, LegCounters WhatsApp, LegCounters Pbx);
