using AdminApi.Platform;
using AdminApi.Tests.Kit;
using static AdminApi.Tests.Kit.RatingSamples;

namespace AdminApi.Tests.Operations;

public sealed class AccountCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        DescribeAccounts(cases);
        foreach (var (operation, path) in (IEnumerable<(string, string)>)[("topUpAccount", "top-ups"), ("adjustAccount", "adjustments")])
        {
            cases.For(operation)
                .Succeeds(201, async api => api.Post($"/v1/accounts/{await AccountAsync(api, null)}/{path}", Money("9.98")))
                .Fails(Problems.NotFound, api => api.Post($"/v1/accounts/nobody/{path}", Money("9.98")))
                .Fails(
                    StoreProblems.InvalidAmount, async api => api.Post($"/v1/accounts/{await AccountAsync(api, null)}/{path}", Money("0")))
                .Fails(StoreProblems.CurrencyMismatch, async api =>
                    api.Post($"/v1/accounts/{await AccountAsync(api, null, "EUR")}/{path}", Money("9.98")))
                .Fails(StoreProblems.AccountClosed, async api =>
                {
                    var account = await AccountAsync(api, null);
                    await api.ReadAsync(api.Put($"/v1/accounts/{account}", Terms(isClosed: true), 1));
                    return api.Post($"/v1/accounts/{account}/{path}", Money("9.98"));
                });
        }
        cases.For("listLedger")
            .Succeeds(200, async api =>
            {
                var account = await AccountAsync(api, null);
                await api.ReadAsync(api.Post($"/v1/accounts/{account}/top-ups", Money("9.98")));
                return api.Get($"/v1/accounts/{account}/ledger");
            })
            .Fails(Problems.NotFound, api => api.Get("/v1/accounts/nobody/ledger"));
        cases.For("exportLedger")
            .Succeeds(200, async api => api.Get($"/v1/accounts/{await AccountAsync(api, null)}/ledger/export?from=2020-01-01"))
            .Fails(Problems.NotFound, api => api.Get("/v1/accounts/nobody/ledger/export"));
        cases.For("getStatement")
            .Succeeds(200, async api =>
            {
                var account = await AccountAsync(api, null);
                await api.ReadAsync(api.Post($"/v1/accounts/{account}/top-ups", Money("9.98")));
                return api.Get($"/v1/accounts/{account}/statements/2026-01");
            })
            .Fails(Problems.InvalidRequest, async api => api.Get($"/v1/accounts/{await AccountAsync(api, null)}/statements/2026-13"))
            .Fails(Problems.NotFound, api => api.Get("/v1/accounts/nobody/statements/2026-01"));
        cases.For("exportStatement")
            .Succeeds(200, async api => api.Get($"/v1/accounts/{await AccountAsync(api, null)}/statements/2026-01/export"))
            .Fails(Problems.InvalidRequest, async api =>
                api.Get($"/v1/accounts/{await AccountAsync(api, null)}/statements/9999-12/export"))
            .Fails(Problems.NotFound, api => api.Get("/v1/accounts/nobody/statements/2026-01/export"));
        cases.For("listHolds")
            .Succeeds(200, async api =>
            {
                var account = await AccountAsync(api, null);
                await HoldAsync(api, account);
                return api.Get($"/v1/accounts/{account}/holds");
            })
            .Fails(Problems.NotFound, api => api.Get("/v1/accounts/nobody/holds"));
    }

    private static void DescribeAccounts(CaseTable cases)
    {
        cases.For("listAccounts").Succeeds(200, async api =>
        {
            await AccountAsync(api, null);
            return api.Get("/v1/accounts?limit=2");
        });
        cases.For("createAccount")
            .Succeeds(201, async api => api.Post("/v1/accounts", New(await CardAsync(api))))
            .Fails(StoreProblems.AlreadyExists, async api => api.Post("/v1/accounts", New(id: await AccountAsync(api, null))))
            .Fails(StoreProblems.UnknownCurrency, api => api.Post("/v1/accounts", New(currency: "BTC")))
            .Fails(StoreProblems.UnknownRateCard, api => api.Post("/v1/accounts", New("none")))
            .Fails(StoreProblems.CurrencyMismatch, async api => api.Post("/v1/accounts", New(await CardAsync(api, "EUR"))))
            .Fails(StoreProblems.InvalidAmount, api => api.Post("/v1/accounts", New(minimum: "-1.00")));
        cases.For("getAccount")
            .Succeeds(200, async api => api.Get($"/v1/accounts/{await AccountAsync(api, null)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/accounts/nobody"));
        DescribeChange(cases.For("updateAccount"), (api, account, terms) => api.Put($"/v1/accounts/{account}", terms, 1));
        DescribeChange(cases.For("changeAccount"), (api, account, terms) => api.Patch($"/v1/accounts/{account}", terms, 1));
    }

    private static void DescribeChange(OperationCases operation, Func<ApiFixture, string, object, HttpRequestMessage> change) => operation
        .Succeeds(200, async api => change(api, await AccountAsync(api, null), Terms(await CardAsync(api))))
        .Fails(Problems.NotFound, api => change(api, "nobody", Terms()))
        .Fails(StoreProblems.UnknownRateCard, async api => change(api, await AccountAsync(api, null), Terms("none")))
        .Fails(StoreProblems.CurrencyMismatch, async api => change(api, await AccountAsync(api, null), Terms(await CardAsync(api, "EUR"))))
        .Fails(StoreProblems.InvalidAmount, async api => change(api, await AccountAsync(api, null), Terms(minimum: "1000000000000")))
        .Fails(StoreProblems.AccountInUse, async api =>
        {
            var account = await AccountAsync(api, null);
            await HoldAsync(api, account);
            return change(api, account, Terms(isClosed: true));
        });

    private static object New(string? rateCard = null, string currency = "USD", string minimum = "10.00", string? id = null) =>
        new { id = id ?? Name("acc"), name = "Of a test", currency, rateCard, minimumInbound = minimum };

    private static object Terms(string? rateCard = null, string minimum = "10.00", bool isClosed = false) =>
        new { name = "Changed", rateCard, minimumInbound = minimum, minimumOutbound = "10.00", isClosed };

    private static object Money(string amount) => new { amount, currency = "USD", note = "Of a test" };
}
