using Dapper;
using Npgsql;

namespace Gateway.Storage.Admin;

/// <summary>Writes who changed what, within the transaction of the change, so that there is no change without an entry and no entry without one.</summary>
public static class AuditBook
{
    private const string Insert =
        """
        INSERT INTO audit_entries (actor, action, subject, before, after)
        VALUES (@actor, @action, @subject, @before::jsonb, @after::jsonb)
        """;

    /// <param name="transaction">That of the change.</param>
    /// <param name="actor">Who: `key:ID`, `oidc:SUBJECT`, or the name of a job of ours.</param>
    /// <param name="action">What, as noun and verb: `channel.update`, `account.top_up`.</param>
    /// <param name="subject">To what: `channel:100`.</param>
    /// <param name="before">What was there, as JSON; null where nothing was. Never secrets.</param>
    /// <param name="after">What is there now; null where nothing is.</param>
    /// <param name="cancellation">The caller's own.</param>
    public static Task WriteAsync(
        NpgsqlTransaction transaction, string actor, string action, string subject, object? before, object? after, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            Insert, new { actor, action, subject, before = JsonText.Of(before), after = JsonText.Of(after) }, transaction, cancellationToken: cancellation));
}
