using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Accounts;

/// <summary>Accounts: their balances, currencies, rate cards and minimum balances.</summary>
public static class AccountsApi
{
    private const string AccountText = "The account's id.";

    public static void MapAccounts(this IEndpointRouteBuilder api)
    {
        var accounts = api.MapGroup("/accounts").WithTags("accounts");
        accounts.MapGet("/", ListAsync).WithName("listAccounts").Requires(Scope.Read).Paged()
            .WithSummary("Accounts with their balances, by id");
        accounts.MapPost("/", CreateAsync).WithName("createAccount").Requires(Scope.Billing)
            .Problems(StoreProblems.AlreadyExists, StoreProblems.UnknownCurrency, StoreProblems.UnknownRateCard,
                StoreProblems.CurrencyMismatch, StoreProblems.InvalidAmount)
            .WithSummary("Creates an account, without money");
        accounts.MapGet("/{account}", GetAsync).WithName("getAccount").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("An account: its balance, and the amount missing before calls may begin");
        Changes(accounts.MapPut("/{account}", ReplaceAsync).WithName("updateAccount"))
            .WithSummary("Replaces an account's terms, or closes it");
        Changes(accounts.MapPatch("/{account}", ChangeAsync).WithName("changeAccount"))
            .WithSummary("Changes some of an account's terms, or closes it");
    }

    private static RouteHandlerBuilder Changes(RouteHandlerBuilder operation) =>
        operation.Requires(Scope.Billing).WithIfMatch().Problems(
            Problems.NotFound, StoreProblems.UnknownRateCard, StoreProblems.CurrencyMismatch, StoreProblems.InvalidAmount,
            StoreProblems.AccountInUse);

    private static async Task<Results<Ok<Page<AccountView>>, ProblemResult>> ListAsync(
        AccountStore store, [Description("true: only those that need a top-up; false: only the others.")] bool? topUpNeeded,
        [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var accounts = await store.ListAsync(after, topUpNeeded, page.Rows, cancellation);
        return TypedResults.Ok(Page.Of(accounts, page, AccountView.Of, account => Cursor.Of(account.Id)));
    }

    private static async Task<Results<Created<AccountView>, ProblemResult>> CreateAsync(
        NewAccount body, AccountStore store, Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(Names.IsId(body.Id), "id", Names.IdRule);
        check.That(Names.IsName(body.Name), "name", Names.NameRule);
        if (check.Failed(out var problem))
            return problem;
        var terms = new AccountTerms(
            body.Name, body.RateCard, body.MinimumInbound, body.MinimumOutbound, LowBalance: body.LowBalance);
        var outcome = await store.CreateAsync(body.Id, body.Currency, terms, caller.Actor, cancellation);
        return outcome.Value is { } account
            ? TypedResults.Created($"/v1/accounts/{account.Id}", AccountView.Of(account))
            : outcome.Problem();
    }

    private static async Task<Results<Ok<AccountView>, ProblemResult>> GetAsync(
        [Description(AccountText)] string account, AccountStore store, CancellationToken cancellation) =>
        await store.FindAsync(account, cancellation) is { } found
            ? TypedResults.Ok(AccountView.Of(found))
            : Problems.NotFound.Of($"There is no account '{account}'.");

    private static async Task<Results<Ok<AccountView>, ProblemResult>> ChangeAsync(
        [Description(AccountText)] string account, AccountPatch body, IfMatch version, AccountStore store, Caller caller,
        CancellationToken cancellation) =>
        await store.FindAsync(account, cancellation) is { } found
            ? await ReplaceAsync(account, body.ApplyTo(found), version, store, caller, cancellation)
            : Problems.NotFound.Of($"There is no account '{account}'.");

    private static async Task<Results<Ok<AccountView>, ProblemResult>> ReplaceAsync(
        [Description(AccountText)] string account, ChangedAccount body, IfMatch version, AccountStore store, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        check.That(Names.IsName(body.Name), "name", Names.NameRule);
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.ChangeAsync(account, body.Terms, version.Version, caller.Actor, cancellation);
        return outcome.Value is { } changed
            ? TypedResults.Ok(AccountView.Of(changed))
            : outcome.Problem(inPath: StoreRefusal.UnknownAccount);
    }
}
