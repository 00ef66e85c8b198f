using Dapper;
using Gateway.Calls.Rating;
using Gateway.Storage.Admin;
using Npgsql;

namespace Gateway.Storage.Rating;

/// <summary>The result of importing a file of rates. With any error nothing was changed.</summary>
/// <param name="Added">The number of rates in the file.</param>
/// <param name="Closed">The number of rates that end where one of the file begins.</param>
/// <param name="Errors">All errors, by line.</param>
public sealed record RateImportResult(int Added, int Closed, IReadOnlyList<RateLineError> Errors);

/// <summary>The mode of an import.</summary>
/// <param name="Replaces">Rates that are valid when one of the file begins end there; otherwise they are errors.</param>
/// <param name="IsDryRun">Everything is checked and nothing is changed.</param>
public readonly record struct RateImportMode(bool Replaces, bool IsDryRun);

/// <summary>Imports a whole file of rates into a card, or nothing of it.</summary>
public sealed class RateImport(NpgsqlDataSource database)
{
    /// <summary>The longest file takes some ten seconds on a small machine: the constraint checks each rate.</summary>
    private const int MostSeconds = 120;

    private const string Lines =
        """
        unnest(@Line::int[], @Direction, @Prefix, @ValidFrom, @ValidUntil) AS l(line, direction, prefix, valid_from, valid_until)
        """;

    private const string SameNumbers = "r.card = @card AND r.direction = l.direction AND r.prefix = l.prefix";

    /// <summary>A rate ends where the first line that begins within it does; never in the past of a card that an account has.</summary>
    private const string Close =
        $"""
        UPDATE rates SET valid_until = earliest.valid_from, version = version + 1
        FROM (SELECT r.id, min(l.valid_from) AS valid_from FROM rates r JOIN {Lines} ON {SameNumbers}
              WHERE r.valid_from < l.valid_from AND (r.valid_until IS NULL OR r.valid_until > l.valid_from)
                AND (l.valid_from >= @now OR NOT EXISTS (SELECT 1 FROM accounts WHERE rate_card = @card))
              GROUP BY r.id) earliest
        WHERE rates.id = earliest.id
        """;

    private const string Overlaps =
        $"""
        SELECT DISTINCT ON (l.line) l.line AS Line, r.id AS Id, r.valid_from AS ValidFrom, r.valid_until AS ValidUntil
        FROM {Lines} JOIN rates r ON {SameNumbers} AND tstzrange(r.valid_from, r.valid_until) && tstzrange(l.valid_from, l.valid_until)
        ORDER BY l.line, r.id
        """;

    /// <summary>Refused: <see cref="StoreRefusal.UnknownRateCard"/>. Errors of the file are in the result.</summary>
    public async Task<Outcome<RateImportResult>> ImportAsync(
        string card, Stream file, RateImportMode mode, string actor, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await RateCardStore.LockAsync(connection, transaction, card, cancellation))
            return (StoreRefusal.UnknownRateCard, $"There is no rate card '{card}'.");
        var before = (await RateCardStore.FindAsync(connection, transaction, card, cancellation))!;
        var (lines, errors) = RateCsvReader.Read(file, before.Currency);

        // Lines without errors of their own are checked against the card too, so that all errors are reported at once.
        var parameters = Parameters(card, lines, now);
        CommandDefinition Command(string sql) => new(sql, parameters, transaction, MostSeconds, cancellationToken: cancellation);
        var closed = mode.Replaces ? await connection.ExecuteAsync(Command(Close)) : 0;
        var overlaps = await connection.QueryAsync<OverlapRow>(Command(Overlaps));
        errors = [.. errors.Concat(overlaps.Select(o => o.ToError())).OrderBy(e => e.Line)];
        if (errors.Count > 0)
            return new RateImportResult(0, 0, errors);

        var result = new RateImportResult(lines.Count, closed, []);
        if (mode.IsDryRun)
            return result;
        await connection.ExecuteAsync(Command(RateSql.Insert));
        await AuditTrail.WriteAsync(
            transaction, actor, "rate_card.import", RateCardStore.Subject(card), null, new { result.Added, result.Closed }, cancellation);
        await transaction.CommitAsync(cancellation);
        return result;
    }

    private static DynamicParameters Parameters(string card, IReadOnlyList<RateLine> lines, DateTimeOffset now)
    {
        var parameters = RateSql.Parameters(card, lines.Select(line => line.Terms));
        parameters.AddDynamicParams(new { now = now.UtcDateTime, Line = lines.Select(line => line.Line).ToArray() });
        return parameters;
    }

    private sealed record OverlapRow
    {
        public int Line { get; init; }
        public long Id { get; init; }
        public DateTime ValidFrom { get; init; }
        public DateTime? ValidUntil { get; init; }

        public RateLineError ToError() => new(
            Line, null,
            $"Rates calls that rate {Id} of the card, valid from {ValidFrom:yyyy-MM-ddTHH:mm:ssZ} until " +
            $"{(ValidUntil is { } end ? $"{end:yyyy-MM-ddTHH:mm:ssZ}" : "further notice")}, rates too.");
    }
}
