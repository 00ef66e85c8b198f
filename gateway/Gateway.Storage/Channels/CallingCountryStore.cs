using Dapper;
using Gateway.Calls.Channels;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Channels;

/// <summary>The availability of calling by country of the business number and direction.
/// A country without a rule is served both ways.</summary>
public sealed class CallingCountryStore(NpgsqlDataSource database)
{
    private const string All = "SELECT country, inbound, outbound, version FROM calling_countries ORDER BY country";

    private const string Lock = "SELECT country, inbound, outbound, version FROM calling_countries WHERE country = @country FOR UPDATE";

    private const string Add =
        """
        INSERT INTO calling_countries (country, inbound, outbound) VALUES (@Country, @Inbound, @Outbound)
        ON CONFLICT DO NOTHING RETURNING country, inbound, outbound, version
        """;

    private const string Update =
        """
        UPDATE calling_countries SET inbound = @Inbound, outbound = @Outbound, version = version + 1
        WHERE country = @Country RETURNING country, inbound, outbound, version
        """;

    private const string Delete = "DELETE FROM calling_countries WHERE country = @country";

    public async Task<IReadOnlyList<CallingCountry>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<CallingCountry>(new CommandDefinition(All, cancellationToken: cancellation))];
    }

    /// <summary>Sets the rule of a country, if it is still at <paramref name="version"/>; 0: there must
    /// be none yet. Null where the version differs.</summary>
    public async Task<CallingCountry?> SetAsync(CallingCountry wanted, long version, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var before = await FindAsync(transaction, wanted.Country, cancellation);
        if ((before?.Version ?? 0) != version)
            return null;
        var parameters = new { wanted.Country, wanted.Inbound, wanted.Outbound };
        var after = await connection.QuerySingleOrDefaultAsync<CallingCountry>(
            new CommandDefinition(before is null ? Add : Update, parameters, transaction, cancellationToken: cancellation));
        if (after is null)
            return null; // another transaction added it just now
        await AuditTrail.WriteAsync(
            transaction, actor, "calling_country.set", $"calling_country:{wanted.Country}", before, after, cancellation);
        await transaction.CommitAsync(cancellation);
        return after;
    }

    /// <summary>Deletes the rule of a country. Null where there is none, false where it is not at <paramref name="version"/>.</summary>
    public async Task<bool?> RemoveAsync(string country, long version, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await FindAsync(transaction, country, cancellation) is not { } before)
            return null;
        if (before.Version != version)
            return false;
        await connection.ExecuteAsync(new CommandDefinition(Delete, new { country }, transaction, cancellationToken: cancellation));
        await AuditTrail.WriteAsync(transaction, actor, "calling_country.remove", $"calling_country:{country}", before, null, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static Task<CallingCountry?> FindAsync(NpgsqlTransaction transaction, string country, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<CallingCountry>(
            new CommandDefinition(Lock, new { country }, transaction, cancellationToken: cancellation));
}
