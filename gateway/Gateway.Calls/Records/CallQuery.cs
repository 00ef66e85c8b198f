namespace Gateway.Calls.Records;

/// <summary>The filter of a list of past calls, the newest first. A null member does not filter.</summary>
public sealed record CallQuery
{
    /// <summary>The maximum number returned.</summary>
    public required int Limit { get; init; }

    /// <summary>Only calls after this one in the list: the last one of the previous page.</summary>
    public CallPosition? After { get; init; }

    public ChannelId? Channel { get; init; }

    /// <summary>A phone number in digits, or a business-scoped user id.</summary>
    public string? User { get; init; }

    public CallDirection? Direction { get; init; }

    /// <summary>Any of these causes; empty: any at all.</summary>
    public IReadOnlyList<HangupCause> Causes { get; init; } = [];

    public string? Account { get; init; }

    /// <summary>The agent of ours who had the call last.</summary>
    public AgentId? Agent { get; init; }

    public GroupId? Group { get; init; }
    public FlowId? Flow { get; init; }

    /// <summary>True: an agent answered; false: nobody, or only the gateway itself.</summary>
    public bool? AnsweredByAgent { get; init; }

    /// <summary>True: somebody or something picked up, be it the gateway's own queue; false: nothing did.</summary>
    public bool? IsAnswered { get; init; }

    /// <summary>The node that ran it at its end.</summary>
    public string? Node { get; init; }

    /// <summary>Started at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Started before this time.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>A call's place in a list of calls.</summary>
public readonly record struct CallPosition(DateTimeOffset StartedAt, CallId Id);
