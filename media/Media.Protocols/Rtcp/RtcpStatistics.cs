namespace Media.Protocols.Rtcp;

/// <summary>One leg's quality so far: what we sent, what we received, and what the peer reports.</summary>
/// <param name="PacketsSent">RTP packets.</param>
/// <param name="OctetsSent">Payload bytes.</param>
/// <param name="PacketsReceived">RTP packets, duplicates included.</param>
/// <param name="PacketsLost">On the way to us, over all sources the peer used.</param>
/// <param name="FractionLost">On the way to us between our last two reports: 0 … 1.</param>
/// <param name="Jitter">Interarrival jitter on the way to us.</param>
/// <param name="RemotePacketsLost">On the way to the peer, by its last report; never negative.</param>
/// <param name="RemoteFractionLost">On the way to the peer, by its last report: 0 … 1.</param>
/// <param name="RemoteJitter">On the way to the peer, by its last report.</param>
/// <param name="RoundTrip">From the peer's last report that referred to one of ours; null before.</param>
/// <param name="HasLeft">The peer said goodbye and has sent nothing since.</param>
public readonly record struct RtcpStatistics(
    long PacketsSent, long OctetsSent, long PacketsReceived, long PacketsLost, double FractionLost, TimeSpan Jitter,
    long RemotePacketsLost, double RemoteFractionLost, TimeSpan RemoteJitter, TimeSpan? RoundTrip, bool HasLeft)
{
    /// <summary>The score that the peer gives to what its listener hears of us (RFC 3611 §4.7.5), 1 … 5; null: it gives none.</summary>
    public double? RemoteMos { get; init; }
}
