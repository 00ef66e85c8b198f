using Dapper;
using Npgsql;

namespace Gateway.Storage.Events;

/// <summary>An event as it is stored.</summary>
public sealed record EventRow
{
    public long Id { get; init; }

    /// <summary>Its position in the stream; null until it has one.</summary>
    public long? Position { get; init; }

    public required string Kind { get; init; }
    public DateTimeOffset At { get; init; }
    public string? Channel { get; init; }
    public long? Contact { get; init; }
    public string? CallId { get; init; }
    public string? Account { get; init; }

    /// <summary>A JSON object.</summary>
    public required string Data { get; init; }
}

/// <summary>The filter of a list of events. A null or empty member does not filter.</summary>
public sealed record EventQuery(
    IReadOnlyList<string> Kinds, string? Channel, long? Contact, string? CallId, string? Account, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>Reads events: as a timeline of the newest first, or following their positions.</summary>
public sealed class EventReader(NpgsqlDataSource database)
{
    internal const string Columns = "id, position, kind, at, channel, contact, call_id AS CallId, account, data::text AS Data";

    /// <summary>Names only the filters that are set, so that each combination has a
    /// plan of its own, along the index that serves it.</summary>
    internal static string Sql(EventQuery query, string place, string order)
    {
        string?[] conditions =
        [
            place,
            query.Kinds.Count == 0 ? null : query.Kinds.Count == 1 ? "kind = @Kind" : "kind = ANY (@Kinds)",
            query.Channel is null ? null : "channel = @Channel",
            query.Contact is null ? null : "contact = @Contact",
            query.CallId is null ? null : "call_id = @CallId",
            query.Account is null ? null : "account = @Account",
            query.From is null ? null : "at >= @From",
            query.To is null ? null : "at < @To",
        ];
        return $"SELECT {Columns} FROM events WHERE {string.Join(" AND ", conditions.OfType<string>())} ORDER BY {order} LIMIT @limit";
    }

    internal static string Timeline(EventQuery query, long? before) => Sql(query, before is null ? "true" : "id < @before", "id DESC");

    private const string Contact =
        $"SELECT {Columns} FROM events WHERE contact = ANY(@contacts) AND (@before::bigint IS NULL OR id < @before) ORDER BY id DESC " +
            $"LIMIT @limit";

    private const string Call = $"SELECT {Columns} FROM events WHERE call_id = @callId ORDER BY id LIMIT 1000";

    /// <summary>The newest first, before the event of a given id.</summary>
    public Task<IReadOnlyList<EventRow>> ListAsync(EventQuery query, long? before, int limit, CancellationToken cancellation) =>
        QueryAsync(Timeline(query, before), query, new { before, limit }, cancellation);

    /// <summary>In the order of their positions, after one and up to another.</summary>
    public Task<IReadOnlyList<EventRow>> FollowAsync(EventQuery query, long after, long until, int limit, CancellationToken cancellation) =>
        QueryAsync(Sql(query, "position > @after AND position <= @until", "position"), query, new { after, until, limit }, cancellation);

    /// <summary>The events of a call.</summary>
    public async Task<IReadOnlyList<EventRow>> OfCallAsync(string callId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<EventRow>(new CommandDefinition(Call, new { callId }, cancellationToken: cancellation))];
    }

    /// <summary>The events of a WhatsApp user, who may have had several ids: the newest first, before the event of a given id.</summary>
    public async Task<IReadOnlyList<EventRow>> OfContactAsync(
        IReadOnlyList<long> contacts, long? before, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<EventRow>(
            new CommandDefinition(Contact, new { contacts = contacts.ToArray(), before, limit }, cancellationToken: cancellation))];
    }

    private async Task<IReadOnlyList<EventRow>> QueryAsync(string sql, EventQuery query, object place, CancellationToken cancellation)
    {
        var parameters = new DynamicParameters(place);
        parameters.AddDynamicParams(new
        {
            Kind = query.Kinds is [var kind, ..] ? kind : null, Kinds = query.Kinds.ToArray(), query.Channel, query.Contact, query.CallId,
            query.Account, From = query.From?.UtcDateTime, To = query.To?.UtcDateTime,
        });
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<EventRow>(new CommandDefinition(sql, parameters, cancellationToken: cancellation))];
    }
}
