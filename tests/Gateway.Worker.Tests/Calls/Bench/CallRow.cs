using Npgsql;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>A call record as PostgreSQL has it.</summary>
internal sealed record CallRow(
    string Direction, string? WhatsAppId, string? Trunk, string? Agent, bool WasAnswered, bool HasEnded, string? Cause, int? SipStatus,
    int? MetaCode,
    bool HasQuality, string? MediaFault, DateTime? AgentSince)
{
    private const string Find =
        """
        SELECT direction, whatsapp_call_id, trunk, agent, answered_at IS NOT NULL, ended_at IS NOT NULL, cause, sip_status,
        whatsapp_error_code,
               whatsapp_quality IS NOT NULL AND pbx_quality IS NOT NULL, media_fault_leg || ' ' || media_fault, agent_since
        FROM calls WHERE node = $1 AND $2 IN (user_phone, user_id, whatsapp_call_id) ORDER BY started_at
        """;

    public static async Task<IReadOnlyList<CallRow>> FindAsync(NpgsqlDataSource database, string node, string user)
    {
        await using var command = database.CreateCommand(Find);
        command.Parameters.Add(new NpgsqlParameter { Value = node });
        command.Parameters.Add(new NpgsqlParameter { Value = user });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<CallRow>();
        while (await reader.ReadAsync())
        {
            rows.Add(new CallRow(
                reader.GetString(0), Text(1), Text(2), Text(3), reader.GetBoolean(4), reader.GetBoolean(5), Text(6), Number(7), Number(8),
                reader.GetBoolean(9), Text(10), reader.IsDBNull(11) ? null : reader.GetDateTime(11)));
        }
        return rows;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        int? Number(int column) => reader.IsDBNull(column) ? null : reader.GetInt32(column);
    }
}
