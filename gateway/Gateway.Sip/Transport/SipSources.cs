using System.Net;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>
/// The senders, and how much each address may send: new requests have one share, what belongs to calls another one ten times as large, so
/// that no flood of new requests keeps the BYE of a live call out. What is beyond its share is dropped before it is parsed, and counted.
/// Thread-safe.
/// </summary>
internal sealed partial class SipSources(
    SipTransportLimits limits, Func<SipFlow, TrunkOptions?> trunkOf, SipMetrics metrics, TimeProvider time, ILogger logger)
{
    private const int InCallFactor = 10;

    /// <summary>
    /// Addresses that are distinguished at one time; beyond it all begin anew. Those of no trunk have a share in all besides.
    /// </summary>
    private const int MaxSources = 1000;

    private readonly Lock _lock = new();
    private readonly InstantClock _clock = new(time);
    private readonly Dictionary<(string Trunk, AddressBits Address), Shares> _expected = [];
    private readonly Dictionary<(string Trunk, AddressBits Address), Shares> _unexpected = [];
    private readonly Shares _allUnexpected = new(limits.MaxUnexpectedRateInAll);
    private readonly LogLimit _trunkLog = new(TimeSpan.FromMinutes(1));
    private readonly LogLimit _unexpectedLog = new(TimeSpan.FromMinutes(1));

    /// <summary>The trunk that a path belongs to; null: an unexpected source. Asked from several threads.</summary>
    public TrunkOptions? TrunkOf(SipFlow flow) => trunkOf(flow);

    /// <summary>A phone is registered by this path.</summary>
    public bool IsRegistered(SipFlow flow) => TrunkOf(flow) is { Registrar: not null };

    /// <summary>False: the source has sent too much of this lately, and the message is not to be looked at.</summary>
    public bool TryTake(SipFlow flow, ReadOnlySpan<byte> message)
    {
        var trunk = TrunkOf(flow);
        var share = SipCallPeek.IsInCall(message) ? SourceShare.InCall : SourceShare.New;
        if (TryTake(flow, trunk, share))
            return true;
        Drop(flow, trunk, share, 1);
        return false;
    }

    /// <summary>Line ends of a stream that were passed over.</summary>
    public void DropLineEnds(SipFlow flow, int count) => Drop(flow, TrunkOf(flow), SourceShare.KeepAlive, count);

    /// <summary>Counts what was left unread, and says so once a minute.</summary>
    private void Drop(SipFlow flow, TrunkOptions? trunk, SourceShare share, int count)
    {
        metrics.Limited(share, trunk is not null, count);
        if (!(trunk is null ? _unexpectedLog : _trunkLog).TryPass(_clock.Now, out var suppressed))
            return;
        if (trunk is null)
            LogUnexpected(logger, flow.Remote.ToIPAddress(), share, suppressed);
        else
            LogTrunk(logger, flow.Remote.ToIPAddress(), trunk.Name, share, suppressed);
    }

    private bool TryTake(SipFlow flow, TrunkOptions? trunk, SourceShare share)
    {
        var now = _clock.Now;
        lock (_lock)
        {
            if (trunk is not null)
                return SharesOf(_expected, trunk.Name, flow.Remote, trunk.EffectiveRequestRate).Of(share).TryTake(now);
            var own = SharesOf(_unexpected, "", flow.Remote, limits.MaxUnexpectedRate).Of(share);
            return own.HasRoom(now) && _allUnexpected.Of(share).TryTake(now) && own.TryTake(now);
        }
    }

    private static Shares SharesOf(Dictionary<(string, AddressBits), Shares> sources, string trunk, TransportAddress remote, int perSecond)
    {
        var key = (trunk, AddressScope.HostOf(remote));
        if (sources.TryGetValue(key, out var shares) && shares.PerSecond == perSecond) // a reload may have changed it
            return shares;
        if (sources.Count >= MaxSources)
            sources.Clear();
        return sources[key] = new Shares(perSecond);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Source} of trunk {Trunk} sends more ({Share}) than sip.trunks[].maxRequestRate "
        + "allows: the surplus is dropped unread; {Suppressed} more dropped since the last line")]
    private static partial void LogTrunk(ILogger logger, IPAddress source, string trunk, WireText<SourceShare> share, long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Source} belongs to no trunk and floods SIP ({Share}): the surplus is dropped "
        + "unread; {Suppressed} more dropped since the last line")]
    private static partial void LogUnexpected(ILogger logger, IPAddress source, WireText<SourceShare> share, long suppressed);

    /// <summary>Each with twice a second's worth at once.</summary>
    private sealed class Shares(double perSecond)
    {
        public double PerSecond => perSecond;

        private readonly RateLimit _new = new(perSecond, perSecond * 2);
        private readonly RateLimit _inCall = new(perSecond * InCallFactor, perSecond * InCallFactor * 2);

        public RateLimit Of(SourceShare share) => share == SourceShare.InCall ? _inCall : _new;
    }
}
