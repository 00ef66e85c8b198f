using Gateway.Calls.Balances;
using Gateway.Calls.Rating;
using Media.Protocols.Jitter;

namespace Gateway.Calls.Records;

/// <summary>Quality of one leg over the whole call, as its RTP and RTCP showed it.</summary>
/// <param name="PacketsReceived">RTP packets accepted from this leg's peer.</param>
/// <param name="PacketsLost">RTP packets that this leg's peer sent and that never arrived.</param>
/// <param name="JitterMs">Interarrival jitter in milliseconds (RFC 3550 §6.4.1).</param>
/// <param name="RoundTripMs">Last round trip in milliseconds, or null where the peer sends no RTCP.</param>
/// <param name="Mos">Mean opinion score, 1.0–4.5, by the E-model (ITU-T G.107); null where no packet came.</param>
public sealed record LegQuality(long PacketsReceived, long PacketsLost, double JitterMs, double? RoundTripMs, double? Mos)
{
    /// <summary>The packets that did not come in order and in time; null in records of a gateway that did not count them.</summary>
    public PlayoutCounts? Playout { get; init; }

    /// <summary>RTP packets sent to this leg's peer; null in records of a gateway that did not keep it.</summary>
    public long? PacketsSent { get; init; }

    /// <summary>The number of times nothing came from this leg for media.mediaTimeout; null
    /// in records of a gateway that did not count it.</summary>
    public int? MediaTimeouts { get; init; }

    /// <summary>One-way audio: this leg was silent, never heard or for media.mediaTimeout,
    /// while the other was heard; null: not evaluated.</summary>
    public bool? OneWay { get; init; }
}

/// <summary>
/// An agent who had a call until it was transferred or picked up, or until the PBX named another: half-open, [Since, Until).
/// </summary>
public sealed record EarlierAgent(string Agent, DateTimeOffset Since, DateTimeOffset Until);

/// <summary>The record of one call attempt: written once, when it has ended, refused and missed ones included.</summary>
public sealed record CallRecord
{
    /// <summary>More hand-overs than a call sees; a PBX that names others without end fills no record.</summary>
    public const int MaxEarlierAgents = 32;

    /// <summary>What every record of a call says.</summary>
    public static CallRecord Of(CallIdentity call, DateTimeOffset startedAt, DateTimeOffset endedAt, HangupCause cause) => new()
    {
        Id = call.Id,
        Direction = call.Direction,
        Channel = call.Channel,
        User = call.User,
        Node = call.Node,
        NodeStart = call.NodeStart,
        OwnerToken = call.OwnerToken,
        StartedAt = startedAt,
        EndedAt = endedAt,
        Cause = cause,
    };

    public required CallId Id { get; init; }
    public WhatsAppCallId? WhatsAppId { get; init; }
    public required CallDirection Direction { get; init; }
    public required ChannelId Channel { get; init; }
    public required WhatsAppUser User { get; init; }

    /// <summary>The trunk that carried, or last refused, the pbx leg.</summary>
    public string? Trunk { get; init; }

    /// <summary>
    /// The agent who had the call at its end, as the PBX identifies them: who answered (inbound) or dialled (outbound), or to whom it was
    /// transferred.
    /// </summary>
    public string? Agent { get; init; }

    /// <summary>From when on <see cref="Agent"/> had the call: the pick-up, or a later word of the PBX; null: not answered.</summary>
    public DateTimeOffset? AgentSince { get; init; }

    /// <summary>
    /// The agents who had the answered call before <see cref="Agent"/>, in order; at most <see cref="MaxEarlierAgents"/>, the first ones.
    /// </summary>
    public IReadOnlyList<EarlierAgent> EarlierAgents
    {
        get;
        init => field = value.Count == 0 ? [] : value; // one empty list: records are compared
    } = [];

    /// <summary>The agent of ours (<see cref="Gateway.Calls.Agents.Agent"/>) who had the call last; null: none, or none that we
    /// know.</summary>
    public AgentId? AgentId { get; init; }

    /// <summary>The flow that led the call; null: the channel's own routes.</summary>
    public FlowId? Flow { get; init; }

    public long? FlowVersion { get; init; }

    /// <summary>The group that the call was for, the last one; null: none.</summary>
    public GroupId? Group { get; init; }

    /// <summary>When the call began to wait for an agent: in a queue, or while phones rang; null: it never did.</summary>
    public DateTimeOffset? WaitedFrom { get; init; }

    /// <summary>
    /// When the first agent answered. Null in an answered call: only the gateway itself did, with a queue, a menu or a message; and in
    /// records from before there were flows, when an agent answered each call.
    /// </summary>
    public DateTimeOffset? AgentAnsweredAt { get; init; }

    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? RingingAt { get; init; }
    public DateTimeOffset? AnsweredAt { get; init; }
    public required DateTimeOffset EndedAt { get; init; }
    public required HangupCause Cause { get; init; }

    /// <summary>The fault of a description, where that is behind <see cref="Cause"/>.</summary>
    public MediaFault? MediaFault { get; init; }

    /// <summary>The final SIP status behind <see cref="Cause"/>, where one was received.</summary>
    public int? SipStatus { get; init; }

    /// <summary>Meta's own code and text behind <see cref="Cause"/>, where there was one.</summary>
    public WhatsAppError? WhatsAppError { get; init; }

    public LegQuality? WhatsAppQuality { get; init; }
    public LegQuality? PbxQuality { get; init; }
    public required string Node { get; init; }

    /// <summary>The start of <see cref="Node"/> that carried the call; empty where unknown.</summary>
    public string NodeStart { get; init; } = "";

    /// <summary>The fencing token of <see cref="Node"/>: a record of an earlier owner changes nothing.</summary>
    public long OwnerToken { get; init; } = 1;

    /// <summary>The funding of the call; null: it is not billed, or was never admitted. When read back, its hold is zero.</summary>
    public Funding? Funding { get; init; }

    /// <summary>The price of the call, calculated when it is stored; null: it was not answered or is not billed.</summary>
    public Price? Price { get; init; }

    /// <summary>
    /// The record of a lost call that is known to have been answered then: it lasted as long as the record says, but no longer than its
    /// hold covers.
    /// </summary>
    /// <param name="at">By another clock perhaps, or in whole seconds: the call began no later than it was answered.</param>
    public CallRecord LostAfterAnswer(DateTimeOffset at)
    {
        var answered = at > StartedAt ? at : StartedAt;
        var end = EndedAt > answered ? EndedAt : answered;
        if (Funding is { } funding && Credit.PaidTime(funding.Rate, funding.Held) is var paid && paid < end - answered)
            end = answered + paid;
        return this with { AnsweredAt = answered, EndedAt = end };
    }
}
