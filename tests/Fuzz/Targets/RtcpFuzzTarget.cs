using Media.Protocols.Primitives;
using Media.Protocols.Rtcp;
using Media.Protocols.Rtp;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>
/// Reads an RTCP compound packet, calls every accessor of every packet, and gives it to a session in the middle of a call.
/// </summary>
public sealed class RtcpFuzzTarget : IFuzzTarget
{
    private static readonly Ssrc Local = new(0x11);

    public string Name => "rtcp";

    public void Run(ReadOnlySpan<byte> input)
    {
        var isCompound = RtcpReader.TryRead(input, out var reader, out var error);
        Require(isCompound == (error == RtcpReadError.None), "a refusal, and only a refusal, has a reason");
        var packets = 0;
        while (reader.TryReadNext(out var packet))
        {
            Require(++packets * 4 <= input.Length, "every packet takes some bytes");
            Require(packet.Count is >= 0 and <= 31, "a count has five bits");
            packet.TryReadSender(out _);
            packet.TryReadSenderInfo(out _);
            if (packet.TryReadCname(out _, out var cname))
                Require(cname.Length < input.Length, "a name lies within its bytes");
            if (packet.TryReadVoipMetrics(Local, out var metrics))
                RequireSense(metrics);
            var blocks = 0;
            while (packet.TryReadReportBlock(blocks, out _) || packet.TryReadGoodbye(blocks, out _))
                blocks++;
            Require(blocks <= packet.Count, "there are no more blocks than announced");
        }
        Require(isCompound == packets > 0, "a compound has packets");
        GiveToSession(input, isCompound);
    }

    private static void RequireSense(in VoipMetrics metrics)
    {
        Require(metrics.Source == Local, "metrics are of the source that was asked for");
        Require(metrics is { LossRatio: >= 0 and < 1, DiscardRatio: >= 0 and < 1, Losses.BurstDensity: >= 0 and < 1 }, "a ratio is one");
        Require(metrics.Rating is null or (>= 0 and <= 100), "a rating is on its scale");
        Require(metrics.ListeningMos is null or (>= 1 and <= 5) && metrics.ConversationalMos is null or (>= 1 and <= 5), "a score is too");
        Span<byte> packet = stackalloc byte[64];
        var writer = new RtcpWriter(packet);
        Require(writer.TryAddVoipMetrics(Local, metrics), "what was read can be written");
        Require(
            RtcpReader.TryRead(packet[..writer.Length], out var reader) && reader.TryReadNext(out var written)
            && written.TryReadVoipMetrics(Local, out var again) && again == metrics, "what is written is read back");
    }

    private static void GiveToSession(ReadOnlySpan<byte> input, bool isCompound)
    {
        var now = Instant.FromDateTimeOffset(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var session = new RtcpSession(
            new RtcpSessionOptions { Local = Local, Cname = "fuzz", ClockRate = 48000 }, new CountingEntropy(), now)
        {
            Metrics = new VoipMetrics(default, 0.1, 0, default, null, 60, 80, 4, 3.9),
        };
        session.HandleRtpSent(new RtpTimestamp(1), 100, now);
        session.HandleRtpReceived(
            new RtpHeader(111, false, new SequenceNumber(65535), new RtpTimestamp(1), new Ssrc(0x22), false, RtpHeader.FixedLength), now);
        Require(session.HandleRtcp(input, now, out _) == isCompound, "a session takes what the reader takes");

        var statistics = session.Statistics;
        Require(statistics.RemotePacketsLost >= 0, "a loss is no gain");
        Require(statistics.RemoteFractionLost is >= 0 and <= 1, "a fraction is one");
        Require(statistics.RemoteJitter >= TimeSpan.Zero, "jitter is positive");
        Require(statistics.RemoteMos is null or (>= 1 and <= 5), "a score is on its scale");
        Require(statistics.RoundTrip is null || statistics.RoundTrip.Value >= TimeSpan.Zero, "no report comes before it went");

        var buffer = new byte[RtcpSession.MaxLength];
        Require(session.TryPollTransmit(buffer, session.NextDeadline, out var length), "a report is written when it is due");
        Require(RtcpReader.TryRead(buffer.AsSpan(0, length), out _), "a report can be read");
    }

    private sealed class CountingEntropy : IEntropy
    {
        private byte _next;

        public void Fill(Span<byte> destination)
        {
            foreach (ref var b in destination)
                b = _next++;
        }
    }
}
