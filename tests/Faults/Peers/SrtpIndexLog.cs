using Faults.Facts;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Faults.Peers;

/// <summary>
/// The SRTP indices of the packets that reach a user, estimated as a receiver does (RFC 3711 §3.3.1), by code of its own. Runs of
/// consecutive ones become one fact. For the loop's thread.
/// </summary>
internal sealed class SrtpIndexLog(string call, HistoryLog history)
{
    private const long Rollover = 1 << 16;

    private readonly Dictionary<uint, Run> _runs = [];

    public void Take(ReadOnlySpan<byte> datagram, Instant now)
    {
        if (!RtpHeader.TryRead(datagram, out var header, out _))
            return;
        var ssrc = header.Ssrc.Value;
        if (!_runs.TryGetValue(ssrc, out var run))
        {
            _runs[ssrc] = new Run(header.SequenceNumber.Value, header.SequenceNumber.Value, header.SequenceNumber.Value, now);
            return;
        }
        var index = Estimate(run.Highest, header.SequenceNumber.Value);
        if (index == run.Last + 1)
        {
            _runs[ssrc] = run with { Last = index, Highest = Math.Max(run.Highest, index), At = now };
            return;
        }
        Note(ssrc, run);
        _runs[ssrc] = new Run(index, index, Math.Max(run.Highest, index), now);
    }

    /// <summary>The call is over: notes the runs that are not closed.</summary>
    public void Close()
    {
        foreach (var (ssrc, run) in _runs)
            Note(ssrc, run);
        _runs.Clear();
    }

    /// <summary>The index nearest to the highest one that has this sequence number.</summary>
    internal static long Estimate(long highest, ushort sequence)
    {
        var index = highest - highest % Rollover + sequence;
        return index - highest > Rollover / 2 ? index - Rollover : highest - index > Rollover / 2 ? index + Rollover : index;
    }

    private void Note(uint ssrc, Run run) =>
        history.Add(new Fact.Indexed(run.At.ToDateTimeOffset(), call, ssrc, run.First, run.Last));

    private readonly record struct Run(long First, long Last, long Highest, Instant At);
}
