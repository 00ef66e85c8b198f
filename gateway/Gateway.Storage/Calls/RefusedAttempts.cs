using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Gateway.Storage.Events;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>
/// The end of attempts that were refused here (<see cref="CallOutcomes.IsRefusedHere"/>), many in one round trip: rows completed, events
/// added, and holds released that nobody heard of. What <see cref="Settlement"/> does besides concerns calls that somebody took, pays for
/// or missed. It may be repeated too, and the first completion of each is final.
/// </summary>
internal static class RefusedAttempts
{
    /// <summary>The same locks as for one call, in the same order: the calls, then the accounts, each by id.</summary>
    private const string Lock =
        """
        SELECT pg_advisory_xact_lock(hashtextextended(id, 0)) FROM unnest(@Ids) id;
        SELECT 1 FROM accounts WHERE id IN (SELECT account FROM holds WHERE call_id = ANY(@Ids)) ORDER BY id FOR NO KEY UPDATE;
        """;

    private const string Complete =
        """
        WITH completed AS (
            INSERT INTO calls (id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent,
                agent_id, agent_since, started_at, ringing_at, ended_at, cause, media_fault, media_fault_leg, sip_status, node, node_start)
            SELECT id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent,
                agent_id, agent_since, started_at, ringing_at, ended_at, cause, media_fault, media_fault_leg, sip_status, node, node_start
            FROM jsonb_populate_recordset(NULL::calls, @Calls::jsonb)
            ON CONFLICT (started_at, id) DO UPDATE SET
                trunk = excluded.trunk, agent = excluded.agent, agent_id = excluded.agent_id, agent_since = excluded.agent_since,
                ringing_at = excluded.ringing_at, ended_at = excluded.ended_at, cause = excluded.cause, media_fault = excluded.media_fault,
                media_fault_leg = excluded.media_fault_leg, sip_status = excluded.sip_status
            WHERE calls.ended_at IS NULL
            RETURNING id, channel, user_id, ended_at
        ), announced AS (
            INSERT INTO events (kind, at, channel, contact, call_id, data)
            SELECT @Kind, completed.ended_at, completed.channel,
                (SELECT c.id FROM contacts c WHERE c.channel = completed.channel
                    AND (c.phone = ANY(string_to_array(attempt.phones, ' ')) OR c.user_id = completed.user_id)
                 ORDER BY c.user_id = completed.user_id DESC NULLS LAST LIMIT 1),
                completed.id, attempt.data::jsonb
            FROM completed JOIN unnest(@Ids, @Phones, @Data) attempt (id, phones, data) USING (id)
            ORDER BY completed.ended_at
        ), gone AS (
            DELETE FROM holds USING completed WHERE call_id = completed.id RETURNING account, amount
        )
        UPDATE accounts SET held = held - gone.amount
        FROM (SELECT account, sum(amount) AS amount FROM gone GROUP BY account) gone
        WHERE accounts.id = gone.account;
        """;

    /// <summary>Rows of <see cref="CallRow"/> by the names of their columns.</summary>
    private static readonly JsonSerializerOptions ByColumn = new()
    {
        PropertyNamingPolicy = new ColumnNames(),
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new StoredTime() },
    };

    /// <summary>The number of records.</summary>
    public static async Task<int> SettleAsync(
        NpgsqlTransaction transaction, IReadOnlyList<CallRecord> records, CancellationToken cancellation)
    {
        if (records.FirstOrDefault(record => !CallOutcomes.IsRefusedHere(record)) is { } other)
            throw new ArgumentException($"Call {other.Id} was more than refused.", nameof(records));
        CallRecord[] calls = [.. records.DistinctBy(record => record.Id).OrderBy(record => record.Id.Value, StringComparer.Ordinal)];
        var parameters = new
        {
            Ids = calls.Select(call => call.Id.Value).ToArray(),
            Calls = JsonSerializer.Serialize(calls.Select(CallRow.Of), ByColumn),
            Kind = EventKinds.NameOf(EventKind.CallRefused),
            Phones = calls.Select(call => call.User.Phone is { } phone ? string.Join(' ', NumberSpelling.Of(phone)) : "").ToArray(),
            Data = calls.Select(call => JsonText.Of(CallEvents.Of(call, CallOutcome.Refused, null).Data) ?? "{}").ToArray(),
        };
        await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(Lock + Complete, parameters, transaction, cancellationToken: cancellation));
        return calls.Length;
    }

    private sealed class ColumnNames : JsonNamingPolicy
    {
        public override string ConvertName(string name) =>
            SnakeCaseLower.ConvertName(name.Replace("WhatsApp", "Whatsapp", StringComparison.Ordinal));
    }

    /// <summary>Times cut to microseconds as Npgsql cuts them, where text would be rounded: the start is part of the key.</summary>
    private sealed class StoredTime : JsonConverter<DateTime>
    {
        public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTime();

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }
}
