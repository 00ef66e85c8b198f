using Gateway.Calls.Agents;
using Gateway.Calls.Balances;
using Gateway.Calls.Records;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// An answered call as a value, from which another process goes on with it (<see cref="ResumedCall"/>): made to be stored as JSON; what is
/// added later must have a default.
/// </summary>
/// <remarks>Times are of the call's own wall clock (`Call.TimeOf`): its start, plus the time passed.</remarks>
public sealed record CallSnapshot
{
    public required CallIdentity Identity { get; init; }

    public required WhatsAppCallId WhatsAppId { get; init; }

    public string? Trunk { get; init; }

    public GroupId? Group { get; init; }

    /// <summary>The agent whom the call keeps busy; null: none that we know.</summary>
    public TakenAgent? Held { get; init; }

    /// <summary>The agent of ours who had the call before.</summary>
    public AgentId? LastHeld { get; init; }

    public required CallTimes Times { get; init; }

    /// <summary>What pays for the call, with the amount held so far; null: it is not billed.</summary>
    public Funding? Funding { get; init; }

    /// <summary>The account has no more money than what is held.</summary>
    public bool IsLastMoney { get; init; }

    /// <summary>What the call waits for, and until when.</summary>
    public IReadOnlyDictionary<CallDeadline, DateTimeOffset> Deadlines
    {
        get;
        init => field = value ?? new Dictionary<CallDeadline, DateTimeOffset>(); // null: a generated JSON reader found none
    } = new Dictionary<CallDeadline, DateTimeOffset>();

    /// <summary>Of an inbound call.</summary>
    public InboundFacts? Inbound { get; init; }
}

/// <summary>What happened when in an answered call, and who was at the PBX's end.</summary>
public sealed record CallTimes
{
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? RingingAt { get; init; }
    public required DateTimeOffset AnsweredAt { get; init; }
    public DateTimeOffset? WaitedFrom { get; init; }
    public required DateTimeOffset AgentAnsweredAt { get; init; }

    /// <summary>The agent at the PBX's end, as the PBX says.</summary>
    public string? Agent { get; init; }

    /// <summary>From when on <see cref="Agent"/> had the call.</summary>
    public required DateTimeOffset AgentSince { get; init; }

    public IReadOnlyList<EarlierAgent> EarlierAgents
    {
        get;
        init => field = value ?? []; // a generated JSON reader passes null where the text has none
    } = [];
}

/// <summary>What an inbound call keeps of the way to its agent.</summary>
/// <param name="Flow">The flow that led it; empty: the channel's own routes.</param>
/// <param name="FlowVersion">Its version.</param>
/// <param name="Language">The language of what the user hears.</param>
/// <param name="LastAgent">Who had the contact's call before this one; null: none that we know.</param>
/// <param name="Numbers">The last number given to an attempt, request or play.</param>
/// <param name="Consultations">The number of consultations so far.</param>
public sealed record InboundFacts(
    FlowId Flow, long FlowVersion, string Language, Admission.LastAgent? LastAgent, int Numbers, int Consultations);
