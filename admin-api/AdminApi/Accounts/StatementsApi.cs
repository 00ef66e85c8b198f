using System.ComponentModel;
using System.Globalization;
using AdminApi.Platform;
using Gateway.Storage.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Accounts;

/// <summary>Monthly statements of accounts.</summary>
public static class StatementsApi
{
    private const string AccountText = "The account's id.", MonthText = "The calendar month in UTC, such as 2026-01.";

    private static readonly string[] Columns =
        ["account", "currency", "month", "line", "direction", "country", "entries", "billed_seconds", "amount"];

    public static void MapStatements(this IEndpointRouteBuilder api)
    {
        var statements = api.MapGroup("/accounts/{account}/statements/{month}").WithTags("accounts");
        statements.MapGet("/", GetAsync).WithName("getStatement").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("An account's month: opening balance, charges by direction and country, top-ups, corrections, closing balance");
        statements.MapGet("/export", ExportAsync).WithName("exportStatement").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("The same as CSV (RFC 4180); the amounts between opening and closing sum up to their difference")
            .Produces<string>(StatusCodes.Status200OK, "text/csv");
    }

    private static async Task<Results<Ok<StatementView>, ProblemResult>> GetAsync(
        [Description(AccountText)] string account, [Description(MonthText)] string month, AccountStore accounts, StatementStore statements,
        TimeProvider clock, CancellationToken cancellation)
    {
        var (view, problem) = await ReadAsync(account, month, accounts, statements, clock, cancellation);
        return view is not null ? TypedResults.Ok(view) : problem!;
    }

    private static async Task<IResult> ExportAsync(
        [Description(AccountText)] string account, [Description(MonthText)] string month, AccountStore accounts, StatementStore statements,
        TimeProvider clock, [Description(ByteOrderMark.Meaning)] bool? bom, CancellationToken cancellation)
    {
        var (view, problem) = await ReadAsync(account, month, accounts, statements, clock, cancellation);
        if (view is null)
            return problem!;
        string?[][] lines = [.. Lines(view)];
        return new CsvFile<string?[]>(
            "statement", Columns, (last, _) => Task.FromResult<IReadOnlyList<string?[]>>(last is null ? lines : []), line => line,
            bom == true);
    }

    private static async Task<(StatementView? View, ProblemResult? Problem)> ReadAsync(
        string account, string month, AccountStore accounts, StatementStore statements, TimeProvider clock, CancellationToken cancellation)
    {
        var check = new Check();
        var isMonth = DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first);
        var now = clock.GetUtcNow();
        check.That(isMonth, "month", "Must be a month such as 2026-01.");
        check.That(!isMonth || first <= DateOnly.FromDateTime(now.UtcDateTime), "month", "Must have begun.");
        if (check.Failed(out var problem))
            return (null, problem);
        return await accounts.FindAsync(account, cancellation) is { } found
            && await statements.FindAsync(account, first, cancellation) is { } statement
            ? (StatementView.Of(found, first, statement, now), null)
            : (null, Problems.NotFound.Of($"There is no account '{account}'."));
    }

    private static IEnumerable<string?[]> Lines(StatementView view)
    {
        string?[] Line(string name, decimal amount, ChargesView? charges = null) =>
        [
            view.Account, view.Currency, view.Month, name, charges?.Direction, charges?.Country, charges?.Calls.ToString(),
            charges?.BilledSeconds.ToString(), CsvFile.Money(amount),
        ];
        return
        [
            Line("opening", view.Opening), .. view.Charges.Select(charges => Line("charge", charges.Amount, charges)),
            Line("top_up", view.ToppedUp), Line("adjustment", view.Adjusted), Line("rerating", view.Rerated),
            Line("closing", view.Closing),
        ];
    }
}
