using Dapper;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>Writes audit entries within the transaction of the change, so that there is no change
/// without an entry and no entry without a change.</summary>
public static class AuditTrail
{
    private const string Insert =
        """
        INSERT INTO audit_entries (actor, action, subject, before, after)
        VALUES (@actor, @action, @subject, @before::jsonb, @after::jsonb)
        """;

    /// <param name="transaction">The transaction of the change.</param>
    /// <param name="actor">The author: `key:ID`, `oidc:SUBJECT`, or the name of one of our jobs.</param>
    /// <param name="action">The action as noun and verb: `channel.update`, `account.top_up`.</param>
    /// <param name="subject">The object: `channel:100`.</param>
    /// <param name="before">The state before, as JSON; null where there was none. Never secrets.</param>
    /// <param name="after">The state after; null where there is none.</param>
    /// <param name="cancellation">The caller's token.</param>
    public static Task WriteAsync(
        NpgsqlTransaction transaction, string actor, string action, string subject, object? before, object? after,
        CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            Insert, new { actor, action, subject, before = JsonText.Of(before), after = JsonText.Of(after) }, transaction,
            cancellationToken: cancellation));
}
