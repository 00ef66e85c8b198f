using Npgsql;

namespace Interop.Bench;

/// <summary>A call record as PostgreSQL has it.</summary>
public sealed record CallRow(
    string Direction, string? Trunk, string? Agent, bool WasAnswered, bool HasEnded, string? Cause, int? SipStatus, int? MetaCode,
    double? WhatsAppMos, double? PbxMos, string[] EarlierAgents, string? AgentId)
{
    /// <summary>The newest record of this user, by number or by id.</summary>
    public static async Task<CallRow?> FindAsync(NpgsqlDataSource database, string user)
    {
        await using var command = database.CreateCommand("""
            SELECT direction, trunk, agent, answered_at IS NOT NULL, ended_at IS NOT NULL, cause, sip_status, whatsapp_error_code,
                   (whatsapp_quality->>'mos')::float8, (pbx_quality->>'mos')::float8,
                   ARRAY(SELECT earlier->>'agent' FROM jsonb_array_elements(coalesce(earlier_agents, '[]')) earlier), agent_id
            FROM calls WHERE $1 IN (user_phone, user_id) ORDER BY started_at DESC LIMIT 1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync())
            return null;
        return new CallRow(
            reader.GetString(0), Text(1), Text(2), reader.GetBoolean(3), reader.GetBoolean(4), Text(5), Number(6), Number(7),
            Score(8), Score(9), reader.GetFieldValue<string[]>(10), Text(11));
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        double? Score(int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);
        int? Number(int column) => reader.IsDBNull(column) ? null : reader.GetInt32(column);
    }
}
