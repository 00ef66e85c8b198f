using Faults.Facts;
using Faults.Judging;
using Faults.Peers;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Faults.Tests;

/// <summary>Packets as they come to a user, made into runs of indices.</summary>
public sealed class SrtpIndexLogTests
{
    [Fact]
    public void Goes_on_over_a_rollover() =>
        Assert.Equal([(65_534L, 65_537L)], Runs([65_534, 65_535, 0, 1]));

    [Fact]
    public void Parts_a_run_at_a_jump() => Assert.Equal([(10L, 11L), (15_011L, 15_012L)], Runs([10, 11, 15_011, 15_012]));

    [Fact]
    public void Shows_an_index_that_comes_again()
    {
        var facts = Facts([10, 11, 12, 11, 12, 13]);
        Assert.Contains(
            Judge.Check([.. SampleHistory.Make(), .. facts]),
            finding => finding.Rule == MediaRules.Index && finding.Call == SampleHistory.Quiet);
    }

    [Fact]
    public void Takes_packets_that_overtake_each_other_for_what_they_are() => Assert.Empty(
        Judge.Check([.. SampleHistory.Make(), .. Facts([10, 12, 11, 13, 65_535, 14])]));

    private static IEnumerable<(long, long)> Runs(ushort[] sequence) =>
        Facts(sequence).OfType<Fact.Indexed>().Select(run => (run.First, run.Last));

    private static IReadOnlyList<Fact> Facts(ushort[] sequence)
    {
        using var history = new HistoryLog();
        var log = new SrtpIndexLog(SampleHistory.Quiet, history);
        Span<byte> packet = stackalloc byte[RtpPacketWriter.HeaderLength];
        foreach (var number in sequence)
        {
            RtpPacketWriter.TryWriteHeader(packet, 111, false, new SequenceNumber(number), new RtpTimestamp(0), new Ssrc(9));
            log.Take(packet, Instant.FromDateTimeOffset(SampleHistory.At(3)));
        }
        log.Close();
        return history.All();
    }
}
