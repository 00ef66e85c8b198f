namespace Gateway.Storage.Parking;

/// <summary>How far a parked call is.</summary>
public enum ParkedCallState
{
    /// <summary>The user has not permitted calls.</summary>
    WaitingPermission,

    /// <summary>The user has; no agent has been free, or the pause after an attempt is not over.</summary>
    WaitingAgent,

    /// <summary>Its call has begun.</summary>
    Placed,

    /// <summary>Its call is over.</summary>
    Done,

    /// <summary>An operator has withdrawn it.</summary>
    Cancelled,

    /// <summary>Its time was over before it could be placed.</summary>
    Expired,

    /// <summary>The user declined, or the permission was revoked.</summary>
    Refused,
}

/// <summary>A call to a user that waits for permission and an agent, as PostgreSQL has it.</summary>
public sealed record ParkedCallRow
{
    internal const string Columns =
        """
        p.id, p.channel, p.contact, p.agent::text AS Agent, p.agent_group::text AS AgentGroup, p.asks, p.asked_at AS AskedAt,
        p.ring_seconds AS RingSeconds, p.reference, p.state, p.attempts, p.cause, p.call_id AS CallId, p.placed_at AS PlacedAt,
        p.called_agent::text AS CalledAgent, p.answered, p.created_at AS CreatedAt, p.created_by AS CreatedBy,
        p.expires_at AS ExpiresAt, p.ended_at AS EndedAt
        """;

    /// <summary>Writes the event of each row of `changed`, as the end of a statement: its kind says which state the row came to.</summary>
    internal const string Announce =
        """
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT 'parked_call.' || state, @now, channel, contact, call_id, jsonb_strip_nulls(jsonb_build_object(
            'parkedCall', id, 'agent', coalesce(called_agent, agent), 'group', agent_group, 'reference', reference, 'cause', cause,
            'answered', answered, 'attempts', attempts))
        FROM changed
        """;

    public required string Id { get; init; }
    public required string Channel { get; init; }
    public long Contact { get; init; }

    /// <summary>The agent for whom it waits; null: any of <see cref="AgentGroup"/>.</summary>
    public string? Agent { get; init; }

    public string? AgentGroup { get; init; }

    /// <summary>The user is asked for permission where it is missing.</summary>
    public bool Asks { get; init; }

    public DateTimeOffset? AskedAt { get; init; }
    public int? RingSeconds { get; init; }

    /// <summary>The operator's own text.</summary>
    public string? Reference { get; init; }

    public required string State { get; init; }

    /// <summary>The calls that were begun for it and reached nobody.</summary>
    public int Attempts { get; init; }

    /// <summary>Of one that waits, what hindered it last; of a refused one `declined` or `revoked`; else the hang-up cause.</summary>
    public string? Cause { get; init; }

    public string? CallId { get; init; }
    public DateTimeOffset? PlacedAt { get; init; }
    public string? CalledAgent { get; init; }
    public bool? Answered { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public required string CreatedBy { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}
