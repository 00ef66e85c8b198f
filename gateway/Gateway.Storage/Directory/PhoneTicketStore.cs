using System.Security.Cryptography;
using System.Text;
using Dapper;
using Gateway.Calls;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>
/// Tickets by which a page connects as an agent's registered phone, without its password. The admin API adds them, the gateway takes each
/// once; kept is the SHA-256 of the secret text. PostgreSQL's clock decides what has expired.
/// </summary>
public sealed class PhoneTicketStore(NpgsqlDataSource database)
{
    /// <summary>The time from the ticket to the connection: a page uses it at once.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>What has expired goes with it, so nobody has to look for that.</summary>
    private const string Add =
        """
        DELETE FROM phone_tickets WHERE expires_at < now();
        INSERT INTO phone_tickets (hash, agent, registered_user, expires_at)
        SELECT @hash, agent, registered_user, now() + @lifetime FROM agent_phones
        WHERE agent = @agent AND registered_user IS NOT NULL ORDER BY position LIMIT 1
        RETURNING registered_user
        """;

    private const string Take =
        """
        DELETE FROM phone_tickets t USING agent_phones p
        WHERE t.hash = @hash AND t.expires_at > now() AND (p.agent, p.registered_user) = (t.agent, t.registered_user)
        RETURNING t.registered_user
        """;

    /// <summary>Adds a ticket for the first registered phone of an agent, whether or not that has a password.</summary>
    /// <param name="ticket">Secret text with at least 128 random bits; not stored.</param>
    /// <param name="agent">Whose it is.</param>
    /// <param name="cancellation">The caller's token.</param>
    /// <returns>The user that the phone registers as; null: the agent has no registered phone.</returns>
    public Task<string?> AddAsync(string ticket, AgentId agent, CancellationToken cancellation) =>
        OneAsync(Add, new { hash = HashOf(ticket), agent = agent.Value, lifetime = Lifetime }, cancellation);

    /// <summary>
    /// The user whose phone the ticket admits, once; null: there is none, it has expired, somebody took it, or the phone is no longer the
    /// agent's.
    /// </summary>
    public Task<string?> TakeAsync(string ticket, CancellationToken cancellation) =>
        OneAsync(Take, new { hash = HashOf(ticket) }, cancellation);

    private static byte[] HashOf(string ticket) => SHA256.HashData(Encoding.UTF8.GetBytes(ticket));

    private async Task<string?> OneAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }
}
