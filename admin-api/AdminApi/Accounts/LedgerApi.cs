using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Accounts;

/// <summary>Top-ups, adjustments, ledger entries and holds.</summary>
public static class LedgerApi
{
    private const string AccountText = "The account's id.";

    /// <summary>The period of a list of movements.</summary>
    public readonly record struct Period(
        [property: Description("Made at this time or later.")] QueryTime? From,
        [property: Description("Made before this time.")] QueryTime? To)
    {
        internal (DateTimeOffset? From, DateTimeOffset? To) Times => (From?.Value, To?.Value);
    }

    public static void MapLedger(this IEndpointRouteBuilder api)
    {
        var account = api.MapGroup("/accounts/{account}").WithTags("accounts");
        account.MapPost("/top-ups", TopUpAsync).WithName("topUpAccount").Requires(Scope.Billing).Idempotent()
            .Problems(Problems.NotFound, StoreProblems.InvalidAmount, StoreProblems.CurrencyMismatch, StoreProblems.AccountClosed)
            .WithSummary("Adds money to an account");
        account.MapPost("/adjustments", AdjustAsync).WithName("adjustAccount").Requires(Scope.Billing).Idempotent()
            .Problems(Problems.NotFound, StoreProblems.InvalidAmount, StoreProblems.CurrencyMismatch, StoreProblems.AccountClosed)
            .WithSummary("Corrects an account's balance either way");
        account.MapGet("/ledger", ListEntriesAsync).WithName("listLedger").Requires(Scope.Read).Paged().Problems(Problems.NotFound)
            .WithSummary("Every movement of an account's money, the newest first");
        account.MapGet("/ledger/export", ExportAsync).WithName("exportLedger").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("An account's movements of any period as CSV (RFC 4180), the newest first")
            .Produces<string>(StatusCodes.Status200OK, "text/csv");
        account.MapGet("/holds", ListHoldsAsync).WithName("listHolds").Requires(Scope.Read).Paged().Problems(Problems.NotFound)
            .WithSummary("The holds of calls in progress on an account's money");
    }

    private static Task<Results<Created<EntryView>, ProblemResult>> TopUpAsync(
        [Description(AccountText)] string account, NewMovement body, LedgerStore ledger, Caller caller, HttpRequest request,
        CancellationToken cancellation) =>
        MoveAsync(account, body, caller, request, movement => ledger.TopUpAsync(movement, caller.Actor, cancellation));

    private static Task<Results<Created<EntryView>, ProblemResult>> AdjustAsync(
        [Description(AccountText)] string account, NewMovement body, LedgerStore ledger, Caller caller, HttpRequest request,
        CancellationToken cancellation) =>
        MoveAsync(account, body, caller, request, movement => ledger.AdjustAsync(movement, caller.Actor, cancellation));

    /// <summary>Moves money. Caller and Idempotency-Key identify the movement permanently, so that no repetition moves it
    /// twice, even after its stored response was deleted.</summary>
    private static async Task<Results<Created<EntryView>, ProblemResult>> MoveAsync(
        string account, NewMovement body, Caller caller, HttpRequest request, Func<Movement, Task<Outcome<LedgerEntry>>> move)
    {
        var check = new Check();
        check.That(Names.IsNote(body.Note), "note", Names.NoteRule);
        if (check.Failed(out var problem))
            return problem;
        var key = $"{caller.Actor}:{request.Headers[Idempotency.Header]}";
        var outcome = await move(new Movement(account, body.Amount, body.Currency, key, body.Note));
        return outcome.Value is { } entry
            ? TypedResults.Created($"/v1/accounts/{account}/ledger", EntryView.Of(entry))
            : outcome.Problem(inPath: StoreRefusal.UnknownAccount);
    }

    private static async Task<Results<Ok<Page<EntryView>>, ProblemResult>> ListEntriesAsync(
        [Description(AccountText)] string account, [AsParameters] Period period, [AsParameters] PageRequest page, LedgerStore ledger,
        AccountStore accounts, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        var entries = await ledger.ListAsync(account, period.Times, before, page.Rows, cancellation);
        if (entries.Count == 0 && await accounts.FindAsync(account, cancellation) is null)
            return NoAccount(account);
        return TypedResults.Ok(Page.Of(entries, page, EntryView.Of, entry => Cursor.Of(entry.Id)));
    }

    private static async Task<IResult> ExportAsync(
        [Description(AccountText)] string account, [AsParameters] Period period, [Description(ByteOrderMark.Meaning)] bool? bom,
        LedgerStore ledger, AccountStore accounts, CancellationToken cancellation) =>
        await accounts.FindAsync(account, cancellation) is null
            ? NoAccount(account)
            : new CsvFile<LedgerEntry>(
                "ledger", ["id", "at", "kind", "amount", "balance_after", "call", "actor", "note"],
                (last, token) => ledger.ListAsync(account, period.Times, last?.Id, CsvFile.Rows, token),
                entry =>
                [
                    entry.Id.ToString(), CsvFile.Time(entry.CreatedAt), entry.Kind, CsvFile.Money(entry.Amount),
                    CsvFile.Money(entry.BalanceAfter), entry.CallId, entry.Actor, CsvFile.Harmless(entry.Note),
                ],
                bom == true);

    private static async Task<Results<Ok<Page<HoldView>>, ProblemResult>> ListHoldsAsync(
        [Description(AccountText)] string account, [AsParameters] PageRequest page, HoldList holds, AccountStore accounts,
        CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var found = await holds.ListAsync(account, after, page.Rows, cancellation);
        if (found.Count == 0 && await accounts.FindAsync(account, cancellation) is null)
            return NoAccount(account);
        return TypedResults.Ok(Page.Of(found, page, HoldView.Of, hold => Cursor.Of(hold.CallId)));
    }

    private static ProblemResult NoAccount(string account) => Problems.NotFound.Of($"There is no account '{account}'.");
}
