using System.Text.Json.Serialization;
using Dapper;
using Npgsql;

namespace Gateway.Storage.Events;

/// <summary>An event as its writer provides it.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="At">The time at which it happened; events are followed in the order in which they were committed, not of this.</param>
/// <param name="Channel">The business number by Meta's id, where one is involved.</param>
/// <param name="Contact">The row in contacts, where one is involved.</param>
/// <param name="CallId">The call attempt, where one is involved.</param>
/// <param name="Account">The account, where its money is involved.</param>
/// <param name="Data">Further data, written as a JSON object with camelCase names; money as text.</param>
public sealed record NewEvent(
    EventKind Kind, DateTimeOffset At, string? Channel = null, long? Contact = null, string? CallId = null, string? Account = null,
    object? Data = null);

/// <summary>Writes events within the transaction that makes them true. Streams and webhooks are fed from this table.</summary>
public static class EventOutbox
{
    /// <summary>
    /// For statements that write an event among other things. Parameters: @Kind (<see cref="EventKinds.NameOf"/>), @At, @Channel, @Contact,
    /// @CallId, @Account, @Data (JSON text).
    /// </summary>
    public const string Insert =
        """
        INSERT INTO events (kind, at, channel, contact, call_id, account, data)
        VALUES (@Kind, @At, @Channel, @Contact, @CallId, @Account, @Data::jsonb)
        """;

    /// <summary>Several events, in this order. Parameter: @Events (<see cref="Rows"/>).</summary>
    public const string InsertAll =
        """
        INSERT INTO events (kind, at, channel, contact, call_id, account, data)
        SELECT kind, at, channel, contact, call_id, account, data FROM jsonb_populate_recordset(NULL::events, @Events::jsonb);
        """;

    /// <summary>Appends within the caller's transaction or, without one, on its own.</summary>
    public static Task AppendAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, NewEvent happened, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(Insert, Parameters(happened), transaction, cancellationToken: cancellation));

    /// <summary>The parameters of <see cref="Insert"/>.</summary>
    public static object Parameters(NewEvent happened) => new
    {
        Kind = EventKinds.NameOf(happened.Kind),
        At = happened.At.UtcDateTime,
        happened.Channel,
        happened.Contact,
        happened.CallId,
        happened.Account,
        Data = JsonText.Of(happened.Data) ?? "{}",
    };

    /// <summary>The parameter of <see cref="InsertAll"/>.</summary>
    public static string Rows(IEnumerable<NewEvent> events) => StoredRows.Json(events.Select(happened => new Row(
        EventKinds.NameOf(happened.Kind), happened.At.UtcDateTime, happened.Channel, happened.Contact, happened.CallId, happened.Account,
        JsonText.Of(happened.Data) ?? "{}")));

    private sealed record Row(
        string Kind, DateTime At, string? Channel, long? Contact, string? CallId, string? Account,
        [property: JsonConverter(typeof(StoredRows.Raw))] string Data);
}
