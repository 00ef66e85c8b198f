using Dapper;
using Gateway.Calls;
using Gateway.Storage.Contacts;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Parking;

/// <summary>For whom parked calls wait: exactly one of the two.</summary>
public readonly record struct ParkedTarget(AgentId? Agent, GroupId? Group);

/// <summary>A parked call that this node alone may place, for a while.</summary>
/// <param name="Id">The parked call.</param>
/// <param name="Token">Whoever does not have the last one has lost it.</param>
/// <param name="Channel">The business number that calls.</param>
/// <param name="User">The user as the contact is known now.</param>
/// <param name="RingSeconds">How long the agent is rung; null: the node's timeout.</param>
public sealed record ClaimedCall(string Id, long Token, ChannelId Channel, WhatsAppUser User, int? RingSeconds);

/// <summary>A user who is to be asked for permission by this node.</summary>
/// <param name="Id">The parked call for which it is.</param>
/// <param name="Channel">The business number that asks.</param>
/// <param name="User">The user.</param>
/// <param name="By">Who parked the call.</param>
public sealed record DueAsk(string Id, ChannelId Channel, WhatsAppUser User, string By);

/// <summary>
/// What nodes do with parked calls. Each change is one statement that says what it starts from, and what another node has locked is passed
/// over: so of any number of nodes one does it, and none waits.
/// </summary>
public sealed class ParkedPlacementStore(NpgsqlDataSource database)
{
    /// <summary>The most that one sweep changes; the next one finds the others.</summary>
    private const int Width = 500;

    /// <summary>
    /// The pause after a call that reached nobody, doubled each time up to the longest; for a claim, what a node has to place the call;
    /// for a request, what Meta has to take it.
    /// </summary>
    public static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(15), LongestBackOff = TimeSpan.FromMinutes(10),
        ClaimedFor = TimeSpan.FromSeconds(10), AskingFor = TimeSpan.FromMinutes(1);

    private const string IsPermitted =
        "(c.permission = 'permanent' OR (c.permission = 'temporary' AND c.permission_expires_at > @now))";

    /// <summary>
    /// Where a call that waits is to be by now. Meta's times are whole seconds: a user may seem to have declined before the call was
    /// parked.
    /// </summary>
    private const string Wanted =
        $"""
        CASE
            WHEN p.expires_at <= @now THEN 'expired'
            WHEN {IsPermitted} THEN 'waiting_agent'
            WHEN c.permission IN ('declined', 'revoked') AND c.permission_source IN ('user', 'operator')
                AND c.permission_since >= date_trunc('second', p.created_at) THEN 'refused'
            ELSE 'waiting_permission'
        END
        """;

    private const string Advance =
        $"""
        WITH due AS (
            SELECT p.id, {Wanted} AS wanted, c.permission
            FROM parked_calls p JOIN contacts c ON c.id = p.contact
            WHERE p.ended_at IS NULL AND p.state IN ('waiting_permission', 'waiting_agent') AND p.state <> {Wanted}
            LIMIT @Width FOR UPDATE OF p SKIP LOCKED
        ), changed AS (
            UPDATE parked_calls p SET state = wanted, cause = CASE WHEN wanted = 'refused' THEN due.permission ELSE p.cause END,
                ended_at = CASE WHEN wanted IN ('expired', 'refused') THEN @now END
            FROM due WHERE p.id = due.id
            RETURNING p.*
        ), announced AS ({ParkedCallRow.Announce})
        SELECT state FROM changed
        """;

    /// <summary>
    /// A placed call follows its record. Only an agent's pick-up names a trunk in the record of such a call, and only then is the user
    /// called: so one that ended without a trunk has reached nobody, and may be placed again. Of a call that its node lost, or that has
    /// no row at all long after it was placed, nobody knows that: it is not.
    /// </summary>
    private const string Settle =
        $"""
        WITH due AS (
            SELECT p.id, coalesce(c.cause, 'node_lost') AS cause, c.answered_at IS NOT NULL AS answered,
                c.id IS NOT NULL AND c.trunk IS NULL AND c.whatsapp_call_id IS NULL AND c.answered_at IS NULL
                    AND c.cause NOT IN ('node_lost', 'operator_hung_up', 'internal_error') AS reached_nobody
            FROM parked_calls p LEFT JOIN calls c ON c.id = p.call_id
            WHERE p.ended_at IS NULL AND p.state = 'placed'
                AND (c.ended_at IS NOT NULL OR (c.id IS NULL AND p.placed_at < @now - interval '10 minutes'))
            LIMIT @Width FOR UPDATE OF p SKIP LOCKED
        ), changed AS (
            UPDATE parked_calls p SET
                state = CASE WHEN reached_nobody THEN 'waiting_agent' ELSE 'done' END, cause = due.cause,
                answered = CASE WHEN NOT reached_nobody THEN due.answered END,
                ended_at = CASE WHEN NOT reached_nobody THEN @now END,
                call_id = CASE WHEN NOT reached_nobody THEN p.call_id END,
                placed_at = CASE WHEN NOT reached_nobody THEN p.placed_at END,
                called_agent = CASE WHEN NOT reached_nobody THEN p.called_agent END,
                attempts = p.attempts + reached_nobody::int,
                next_at = @now + least(@FirstBackOff * power(2, least(p.attempts, 20)), @LongestBackOff)
            FROM due WHERE p.id = due.id
            RETURNING p.*
        ), announced AS ({ParkedCallRow.Announce})
        SELECT state FROM changed
        """;

    private const string Targets =
        """
        SELECT DISTINCT agent::text AS Agent, agent_group::text AS AgentGroup FROM parked_calls
        WHERE ended_at IS NULL AND state = 'waiting_agent' AND next_at <= @now AND channel = ANY(@channels)
        """;

    private const string Claim =
        $"""
        WITH due AS (
            SELECT p.id, {ContactRow.UserColumns} FROM parked_calls p JOIN contacts c ON c.id = p.contact
            WHERE p.ended_at IS NULL AND p.state = 'waiting_agent' AND p.next_at <= @now AND p.expires_at > @now
                AND p.channel = ANY(@channels) AND (p.agent_group = @group OR p.agent = @agent)
                AND {IsPermitted} AND NOT coalesce(c.calls_barred_until > @now, false)
            ORDER BY p.created_at, p.id LIMIT 1 FOR UPDATE OF p SKIP LOCKED
        )
        UPDATE parked_calls p SET claim = claim + 1, next_at = @until FROM due WHERE p.id = due.id
        RETURNING p.id, p.claim AS Token, p.channel, p.ring_seconds AS RingSeconds, due.*
        """;

    private const string GiveUp = "UPDATE parked_calls SET next_at = @now WHERE id = @Id AND claim = @Token AND state = 'waiting_agent'";

    private const string Place =
        $"""
        WITH changed AS (
            UPDATE parked_calls SET state = 'placed', call_id = @call, called_agent = @agent, placed_at = @now
            WHERE id = @Id AND claim = @Token AND state = 'waiting_agent' AND expires_at > @now
            RETURNING *
        )
        {ParkedCallRow.Announce}
        """;

    private const string DueAsks =
        $"""
        WITH due AS (
            SELECT p.id, {ContactRow.UserColumns} FROM parked_calls p JOIN contacts c ON c.id = p.contact
            WHERE p.ended_at IS NULL AND p.state = 'waiting_permission' AND p.asks AND p.asked_at IS NULL AND p.ask_at <= @now
                AND p.expires_at > @now AND p.channel = ANY(@channels)
            ORDER BY p.created_at, p.id LIMIT @limit FOR UPDATE OF p SKIP LOCKED
        )
        UPDATE parked_calls p SET ask_at = @until FROM due WHERE p.id = due.id
        RETURNING p.id, p.channel, p.created_by AS CreatedBy, due.*
        """;

    private const string Asked = "UPDATE parked_calls SET asked_at = @now WHERE id = @id AND asked_at IS NULL";

    private const string AskLater = "UPDATE parked_calls SET ask_at = @at, cause = @cause WHERE id = @id AND ended_at IS NULL";

    /// <summary>
    /// Brings all parked calls to where they are by now: expired, permitted or no more, refused, over, or waiting again.
    /// </summary>
    /// <returns>The states that some came to.</returns>
    public async Task<IReadOnlyList<ParkedCallState>> SweepAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var parameters = new { now = now.UtcDateTime, Width, FirstBackOff, LongestBackOff };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var settled = await connection.QueryAsync<string>(new CommandDefinition(Settle, parameters, cancellationToken: cancellation));
        var advanced = await connection.QueryAsync<string>(new CommandDefinition(Advance, parameters, cancellationToken: cancellation));
        return [.. settled.Concat(advanced).Select(WireName.Parse<ParkedCallState>)];
    }

    /// <summary>For whom calls of these channels wait that may be placed now.</summary>
    public async Task<IReadOnlyList<ParkedTarget>> TargetsAsync(
        IReadOnlyCollection<ChannelId> channels, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(string? Agent, string? Group)>(new CommandDefinition(
            Targets, new { now = now.UtcDateTime, channels = Texts(channels) }, cancellationToken: cancellation));
        return [.. rows.Select(row => new ParkedTarget(
            row.Agent is null ? null : new AgentId(row.Agent), row.Group is null ? null : new GroupId(row.Group)))];
    }

    /// <summary>Takes the oldest call for the target that may be placed now; null: there is none.</summary>
    public async Task<ClaimedCall?> ClaimAsync(
        ParkedTarget target, IReadOnlyCollection<ChannelId> channels, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<UserRow>(new CommandDefinition(
            Claim,
            new
            {
                now = now.UtcDateTime, until = (now + ClaimedFor).UtcDateTime, channels = Texts(channels), group = target.Group?.Value,
                agent = target.Agent?.Value,
            },
            cancellationToken: cancellation));
        return row is null ? null : new ClaimedCall(row.Id, row.Token, new ChannelId(row.Channel), row.ToUser(), row.RingSeconds);
    }

    /// <summary>Gives a claim back, for the next try: nobody was free.</summary>
    public Task GiveUpAsync(ClaimedCall claimed, DateTimeOffset now, CancellationToken cancellation) =>
        ExecuteAsync(GiveUp, new { claimed.Id, claimed.Token, now = now.UtcDateTime }, cancellation);

    /// <summary>Notes the call that is about to begin. False: it must not, since another node has it, or it waits no more.</summary>
    public async Task<bool> PlaceAsync(
        ClaimedCall claimed, CallId call, AgentId agent, DateTimeOffset now, CancellationToken cancellation) =>
        await ExecuteAsync(
            Place, new { claimed.Id, claimed.Token, call = call.Value, agent = agent.Value, now = now.UtcDateTime }, cancellation) > 0;

    /// <summary>The users to be asked now, who are this node's to ask for <see cref="AskingFor"/>.</summary>
    public async Task<IReadOnlyList<DueAsk>> TakeAsksAsync(
        IReadOnlyCollection<ChannelId> channels, int limit, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<UserRow>(new CommandDefinition(
            DueAsks,
            new { now = now.UtcDateTime, until = (now + AskingFor).UtcDateTime, channels = Texts(channels), limit },
            cancellationToken: cancellation));
        return [.. rows.Select(row => new DueAsk(row.Id, new ChannelId(row.Channel), row.ToUser(), row.CreatedBy))];
    }

    /// <summary>The user has been asked, by this request or one that still awaits its answer.</summary>
    public Task AskedAsync(string id, DateTimeOffset now, CancellationToken cancellation) =>
        ExecuteAsync(Asked, new { id, now = now.UtcDateTime }, cancellation);

    /// <summary>The user could not be asked, and may be at another time.</summary>
    /// <param name="id">The parked call.</param>
    /// <param name="at">When.</param>
    /// <param name="cause">The rule that forbade it, or `whatsapp_error`.</param>
    /// <param name="cancellation">The caller's token.</param>
    public Task AskLaterAsync(string id, DateTimeOffset at, string cause, CancellationToken cancellation) =>
        ExecuteAsync(AskLater, new { id, at = at.UtcDateTime, cause }, cancellation);

    private async Task<int> ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }

    private static string[] Texts(IEnumerable<ChannelId> channels) => [.. channels.Select(channel => channel.Value)];

    private sealed record UserRow
    {
        public string Id { get; init; } = "";
        public long Token { get; init; }
        public string Channel { get; init; } = "";
        public int? RingSeconds { get; init; }
        public string CreatedBy { get; init; } = "";
        public string? Phone { get; init; }
        public string? UserId { get; init; }
        public string? ParentUserId { get; init; }
        public string? Name { get; init; }
        public string? Username { get; init; }

        public WhatsAppUser ToUser() => new(Phone, UserId, ParentUserId, Name, Username);
    }
}
