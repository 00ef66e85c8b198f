using Dapper;
using Gateway.Calls;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>Call records in PostgreSQL. Every write may be repeated: the first completion of a call is the one that stays.</summary>
public sealed class PostgresCallStore(NpgsqlDataSource database) : ICallStore
{
    private const string Begin =
        """
        INSERT INTO calls (id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, started_at, node, node_start)
        VALUES (@Id, @Direction, @Channel, @UserPhone, @UserId, @UserParentId, @UserName, @UserUsername, @StartedAt, @Node, @NodeStart)
        ON CONFLICT (started_at, id) DO NOTHING
        """;

    private const string Answer =
        """
        UPDATE calls SET answered_at = @AnsweredAt, agent = coalesce(@Agent, agent), trunk = coalesce(@Trunk, trunk),
            whatsapp_call_id = coalesce(@WhatsAppCallId, whatsapp_call_id)
        WHERE started_at = @StartedAt AND id = @Id AND answered_at IS NULL AND ended_at IS NULL
        """;

    private const string Complete =
        """
        INSERT INTO calls (
            id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent, started_at,
            ringing_at, answered_at, ended_at, cause, sip_status, whatsapp_error_code, whatsapp_error_message, whatsapp_error_details,
            whatsapp_quality, pbx_quality, node, node_start, account, currency, rate_id, rate_card, rate_prefix, price_per_minute, connection_fee,
            pulse_seconds, minimum_seconds, pulses, price)
        VALUES (
            @Id, @WhatsAppCallId, @Direction, @Channel, @UserPhone, @UserId, @UserParentId, @UserName, @UserUsername, @Trunk, @Agent, @StartedAt,
            @RingingAt, @AnsweredAt, @EndedAt, @Cause, @SipStatus, @WhatsAppErrorCode, @WhatsAppErrorMessage, @WhatsAppErrorDetails,
            @WhatsAppQuality::jsonb, @PbxQuality::jsonb, @Node, @NodeStart, @Account, @Currency, @RateId, @RateCard, @RatePrefix, @PricePerMinute,
            @ConnectionFee, @PulseSeconds, @MinimumSeconds, @Pulses, @Price)
        ON CONFLICT (started_at, id) DO UPDATE SET
            whatsapp_call_id = excluded.whatsapp_call_id, trunk = excluded.trunk, agent = excluded.agent, ringing_at = excluded.ringing_at,
            answered_at = excluded.answered_at, ended_at = excluded.ended_at, cause = excluded.cause, sip_status = excluded.sip_status,
            whatsapp_error_code = excluded.whatsapp_error_code, whatsapp_error_message = excluded.whatsapp_error_message,
            whatsapp_error_details = excluded.whatsapp_error_details, whatsapp_quality = excluded.whatsapp_quality,
            pbx_quality = excluded.pbx_quality, account = excluded.account, currency = excluded.currency, rate_id = excluded.rate_id,
            rate_card = excluded.rate_card, rate_prefix = excluded.rate_prefix, price_per_minute = excluded.price_per_minute,
            connection_fee = excluded.connection_fee, pulse_seconds = excluded.pulse_seconds, minimum_seconds = excluded.minimum_seconds,
            pulses = excluded.pulses, price = excluded.price
        WHERE calls.ended_at IS NULL
        """;

    public Task BeginAsync(CallIdentity call, DateTimeOffset startedAt, CancellationToken cancellation) =>
        ExecuteAsync(Begin, CallRow.Of(call, startedAt), cancellation);

    public Task AnsweredAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset answeredAt, string? agent, string? trunk, WhatsAppCallId? whatsAppId,
        CancellationToken cancellation) =>
        ExecuteAsync(
            Answer,
            new
            {
                Id = call.Value,
                StartedAt = startedAt.UtcDateTime,
                AnsweredAt = answeredAt.UtcDateTime,
                Agent = CallRow.Clean(agent),
                Trunk = CallRow.Clean(trunk),
                WhatsAppCallId = whatsAppId?.Value,
            },
            cancellation);

    public Task CompleteAsync(CallRecord record, CancellationToken cancellation) => ExecuteAsync(Complete, CallRow.Of(record), cancellation);

    public async Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<CallRow>(
            new CommandDefinition(CallPages.Sql(query), CallPages.Parameters(query), cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToRecord())];
    }

    public async Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation)
    {
        const string find = $"SELECT {CallRow.Columns} FROM calls WHERE id = @id AND ended_at IS NOT NULL";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QueryFirstOrDefaultAsync<CallRow>(new CommandDefinition(find, new { id = call.Value }, cancellationToken: cancellation));
        return row?.ToRecord();
    }

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }
}
