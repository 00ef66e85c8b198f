using System.Text.Json;
using Dapper;
using Gateway.Calls;
using Npgsql;

namespace Gateway.Storage;

/// <summary>Call records in PostgreSQL. Both writes may be repeated: the first completion of a call is the one that stays.</summary>
public sealed class PostgresCallStore(NpgsqlDataSource database) : ICallStore
{
    private const string Begin =
        """
        INSERT INTO calls (id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, started_at, node)
        VALUES (@Id, @Direction, @Channel, @UserPhone, @UserId, @UserParentId, @UserName, @UserUsername, @StartedAt, @Node)
        ON CONFLICT (started_at, id) DO NOTHING
        """;

    private const string Complete =
        """
        INSERT INTO calls (
            id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent, started_at,
            ringing_at, answered_at, ended_at, cause, sip_status, whatsapp_error_code, whatsapp_error_message, whatsapp_error_details,
            whatsapp_quality, pbx_quality, node)
        VALUES (
            @Id, @WhatsAppCallId, @Direction, @Channel, @UserPhone, @UserId, @UserParentId, @UserName, @UserUsername, @Trunk, @Agent, @StartedAt,
            @RingingAt, @AnsweredAt, @EndedAt, @Cause, @SipStatus, @WhatsAppErrorCode, @WhatsAppErrorMessage, @WhatsAppErrorDetails,
            @WhatsAppQuality::jsonb, @PbxQuality::jsonb, @Node)
        ON CONFLICT (started_at, id) DO UPDATE SET
            whatsapp_call_id = excluded.whatsapp_call_id, trunk = excluded.trunk, agent = excluded.agent, ringing_at = excluded.ringing_at,
            answered_at = excluded.answered_at, ended_at = excluded.ended_at, cause = excluded.cause, sip_status = excluded.sip_status,
            whatsapp_error_code = excluded.whatsapp_error_code, whatsapp_error_message = excluded.whatsapp_error_message,
            whatsapp_error_details = excluded.whatsapp_error_details, whatsapp_quality = excluded.whatsapp_quality,
            pbx_quality = excluded.pbx_quality
        WHERE calls.ended_at IS NULL
        """;

    private const string Page =
        """
        SELECT id, whatsapp_call_id AS WhatsAppCallId, direction, channel, user_phone AS UserPhone, user_id AS UserId,
               user_parent_id AS UserParentId, user_name AS UserName, user_username AS UserUsername, trunk, agent, started_at AS StartedAt,
               ringing_at AS RingingAt, answered_at AS AnsweredAt, ended_at AS EndedAt, cause, sip_status AS SipStatus,
               whatsapp_error_code AS WhatsAppErrorCode, whatsapp_error_message AS WhatsAppErrorMessage,
               whatsapp_error_details AS WhatsAppErrorDetails, whatsapp_quality::text AS WhatsAppQuality, pbx_quality::text AS PbxQuality, node
        FROM calls
        WHERE ended_at IS NOT NULL AND (@before::timestamptz IS NULL OR started_at < @before)
        ORDER BY started_at DESC, id
        LIMIT @limit
        """;

    public async Task BeginAsync(CallIdentity call, DateTimeOffset startedAt, CancellationToken cancellation)
    {
        var row = new CallRow
        {
            Id = call.Id.Value,
            Direction = WireName.Of(call.Direction),
            Channel = call.Channel.Value,
            StartedAt = startedAt.UtcDateTime,
            Node = call.Node,
        }.With(call.User);
        await ExecuteAsync(Begin, row, cancellation);
    }

    public Task CompleteAsync(CallRecord record, CancellationToken cancellation) => ExecuteAsync(Complete, CallRow.Of(record), cancellation);

    public async Task<IReadOnlyList<CallRecord>> ListAsync(int limit, DateTimeOffset? before, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<CallRow>(
            new CommandDefinition(Page, new { limit, before = before?.UtcDateTime }, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToRecord())];
    }

    private async Task ExecuteAsync(string sql, CallRow row, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, row, cancellationToken: cancellation));
    }

    /// <summary>The row as the table has it; the one place that knows how a record is laid out in columns.</summary>
    private sealed record CallRow
    {
        public string Id { get; init; } = "";
        public string? WhatsAppCallId { get; init; }
        public string Direction { get; init; } = "";
        public string Channel { get; init; } = "";
        public string? UserPhone { get; init; }
        public string? UserId { get; init; }
        public string? UserParentId { get; init; }
        public string? UserName { get; init; }
        public string? UserUsername { get; init; }
        public string? Trunk { get; init; }
        public string? Agent { get; init; }
        public DateTime StartedAt { get; init; }
        public DateTime? RingingAt { get; init; }
        public DateTime? AnsweredAt { get; init; }
        public DateTime? EndedAt { get; init; }
        public string? Cause { get; init; }
        public int? SipStatus { get; init; }
        public int? WhatsAppErrorCode { get; init; }
        public string? WhatsAppErrorMessage { get; init; }
        public string? WhatsAppErrorDetails { get; init; }
        public string? WhatsAppQuality { get; init; }
        public string? PbxQuality { get; init; }
        public string Node { get; init; } = "";

        public static CallRow Of(CallRecord record) => new CallRow
        {
            Id = record.Id.Value,
            WhatsAppCallId = record.WhatsAppId?.Value,
            Direction = WireName.Of(record.Direction),
            Channel = record.Channel.Value,
            Trunk = Clean(record.Trunk),
            Agent = Clean(record.Agent),
            StartedAt = record.StartedAt.UtcDateTime,
            RingingAt = record.RingingAt?.UtcDateTime,
            AnsweredAt = record.AnsweredAt?.UtcDateTime,
            EndedAt = record.EndedAt.UtcDateTime,
            Cause = WireName.Of(record.Cause),
            SipStatus = record.SipStatus,
            WhatsAppErrorCode = record.WhatsAppError?.Code,
            WhatsAppErrorMessage = Clean(record.WhatsAppError?.Message),
            WhatsAppErrorDetails = Clean(record.WhatsAppError?.Details),
            WhatsAppQuality = Json(record.WhatsAppQuality),
            PbxQuality = Json(record.PbxQuality),
            Node = record.Node,
        }.With(record.User);

        public CallRow With(WhatsAppUser user) => this with
        {
            UserPhone = user.Phone,
            UserId = Clean(user.UserId),
            UserParentId = Clean(user.ParentUserId),
            UserName = Clean(user.Name),
            UserUsername = Clean(user.UserName),
        };

        public CallRecord ToRecord() => new()
        {
            Id = new CallId(Id),
            WhatsAppId = WhatsAppCallId is { } id ? new WhatsAppCallId(id) : null,
            Direction = WireName.Parse<CallDirection>(Direction),
            Channel = new ChannelId(Channel),
            User = new WhatsAppUser(UserPhone, UserId, UserParentId, UserName, UserUsername),
            Trunk = Trunk,
            Agent = Agent,
            StartedAt = Utc(StartedAt),
            RingingAt = RingingAt is { } ringing ? Utc(ringing) : null,
            AnsweredAt = AnsweredAt is { } answered ? Utc(answered) : null,
            EndedAt = Utc(EndedAt!.Value),
            Cause = WireName.Parse<HangupCause>(Cause!),
            SipStatus = SipStatus,
            WhatsAppError = WhatsAppErrorCode is { } code ? new WhatsAppError(code, WhatsAppErrorMessage ?? "", WhatsAppErrorDetails) : null,
            WhatsAppQuality = WhatsAppQuality is null ? null : JsonSerializer.Deserialize<LegQuality>(WhatsAppQuality, JsonSerializerOptions.Web),
            PbxQuality = PbxQuality is null ? null : JsonSerializer.Deserialize<LegQuality>(PbxQuality, JsonSerializerOptions.Web),
            Node = Node,
        };

        /// <summary>PostgreSQL's text holds every character but U+0000, and peers may send that too.</summary>
        private static string? Clean(string? text) => text?.Replace("\0", "", StringComparison.Ordinal);

        private static string? Json(LegQuality? quality) => quality is null ? null : JsonSerializer.Serialize(quality, JsonSerializerOptions.Web);

        private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));
    }
}
