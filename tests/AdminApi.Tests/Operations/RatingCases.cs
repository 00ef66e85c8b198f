using AdminApi.Platform;
using AdminApi.Rating;
using AdminApi.Tests.Kit;
using static AdminApi.Tests.Kit.RatingSamples;

namespace AdminApi.Tests.Operations;

public sealed class RatingCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        DescribeCards(cases);
        DescribeRates(cases);
        DescribeFiles(cases);
        DescribePrices(cases);
        DescribeRerating(cases);
    }

    private static void DescribeCards(CaseTable cases)
    {
        cases.For("listRateCards").Succeeds(200, async api =>
        {
            await CardAsync(api);
            return api.Get("/v1/rate-cards?limit=2");
        });
        cases.For("createRateCard")
            .Succeeds(201, api => api.Post("/v1/rate-cards", new { id = Name("card"), name = "Standard", currency = "EUR" }))
            .Fails(StoreProblems.AlreadyExists, async api =>
                api.Post("/v1/rate-cards", new { id = await CardAsync(api), name = "Standard", currency = "EUR" }))
            .Fails(StoreProblems.UnknownCurrency, api =>
                api.Post("/v1/rate-cards", new { id = Name("card"), name = "Standard", currency = "XAU" }));
        cases.For("getRateCard")
            .Succeeds(200, async api => api.Get($"/v1/rate-cards/{await CardAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/rate-cards/none"));
        cases.For("updateRateCard")
            .Succeeds(200, async api => api.Put($"/v1/rate-cards/{await CardAsync(api)}", new { name = "Other" }, 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/rate-cards/none", new { name = "Other" }, 1));
        cases.For("deleteRateCard")
            .Succeeds(204, async api => api.Delete($"/v1/rate-cards/{await CardAsync(api)}", 1))
            .Fails(Problems.NotFound, api => api.Delete("/v1/rate-cards/none", 1))
            .Fails(StoreProblems.RateCardInUse, async api =>
            {
                var card = await CardAsync(api);
                await AccountAsync(api, card);
                return api.Delete($"/v1/rate-cards/{card}", 1);
            });
    }

    private static void DescribeRates(CaseTable cases)
    {
        cases.For("listRates")
            .Succeeds(
                200, async api => api.Get($"/v1/rate-cards/{await CardAsync(api)}/rates?direction=outbound&validAt=2030-01-01T00:00:00Z"))
            .Fails(Problems.NotFound, api => api.Get("/v1/rate-cards/none/rates"));
        cases.For("createRate")
            .Succeeds(201, async api => api.Post(
                $"/v1/rate-cards/{await CardAsync(api)}/rates",
                new { direction = "inbound", prefix =
                    "49", pricePerMinute = "0.0150", tiers = new[] { new { fromMinutes = 50_000, pricePerMinute = "0.0070" } } }))
            .Fails(Problems.NotFound, api => api.Post("/v1/rate-cards/none/rates", Rate("")))
            .Fails(StoreProblems.OverlappingRates, async api => api.Post($"/v1/rate-cards/{await CardAsync(api)}/rates", Rate("")));
        cases.For("getRate")
            .Succeeds(200, async api => api.Get(await RateAsync(api, await CardAsync(api))))
            .Fails(Problems.NotFound, api => api.Get("/v1/rate-cards/none/rates/1"));
        cases.For("closeRate")
            .Succeeds(200, async api =>
                api.Post(await RateAsync(api, await CardAsync(api)) + "/close", new { until = "2090-01-01T00:00:00Z" }, 1))
            .Fails(Problems.NotFound, api => api.Post("/v1/rate-cards/none/rates/1/close", new { until = "2090-01-01T00:00:00Z" }, 1))
            .Fails(StoreProblems.RateWasInForce, async api =>
                api.Post(await RateInForceAsync(api) + "/close", new { until = "2025-01-01T00:00:00Z" }, 1))
            .Fails(StoreProblems.OverlappingRates, async api =>
            {
                var card = await CardAsync(api, hasRate: false);
                var rate = await RateAsync(api, card);
                await api.ReadAsync(api.Post(rate + "/close", new { until = "2090-01-01T00:00:00Z" }, 1));
                await RateAsync(api, card, validFrom: "2090-01-01T00:00:00Z");
                return api.Post(rate + "/close", new { until = (string?)null }, 2);
            });
        cases.For("replaceRate")
            .Succeeds(201, async api => api.Post(await RateInForceAsync(api) + "/replace", new { pricePerMinute = "0.20" }, 1))
            .Fails(Problems.NotFound, api => api.Post("/v1/rate-cards/none/rates/1/replace", new { pricePerMinute = "0.20" }, 1))
            .Fails(StoreProblems.RateWasInForce, async api =>
                api.Post(await RateInForceAsync(api) + "/replace", new { pricePerMinute = "0.20", validFrom = "2025-01-01T00:00:00Z" }, 1))
            .Fails(StoreProblems.OverlappingRates, async api =>
                api.Post(await RateInForceAsync(api) + "/replace", new { pricePerMinute = "0.20", validFrom = "2019-01-01T00:00:00Z" }, 1));
        cases.For("deleteRate")
            .Succeeds(204, async api => api.Delete(await RateAsync(api, await CardAsync(api)), 1))
            .Fails(Problems.NotFound, api => api.Delete("/v1/rate-cards/none/rates/1", 1))
            .Fails(StoreProblems.RateWasInForce, async api => api.Delete(await RateInForceAsync(api), 1));
    }

    private static void DescribeFiles(CaseTable cases)
    {
        cases.For("exportRates")
            .Succeeds(200, async api => api.Get($"/v1/rate-cards/{await CardAsync(api)}/export"))
            .Fails(Problems.NotFound, api => api.Get("/v1/rate-cards/none/export"));
        cases.For("importRates")
            .Succeeds(200, async api =>
                Import(api, await CardAsync(api), $"{Header}\noutbound,49,2030-01-01,0.1\n", "?replace=true&dryRun=false"))
            .Fails(Problems.NotFound, api => Import(api, "none", Header))
            .Fails(RateFilesApi.InvalidRates, async api => Import(api, await CardAsync(api), $"{Header}\noutbound,,2030-01-01,dear\n"));
    }

    private static void DescribePrices(CaseTable cases) => cases.For("previewPrice")
        .Succeeds(200, async api => api.Get(Preview($"card={await CardAsync(api)}")))
        .Succeeds(200, async api => api.Get(Preview($"account={await AccountAsync(api, await CardAsync(api))}")))
        .Fails(Problems.InvalidRequest, api => api.Get(Preview("monthlyMinutes=1")))
        .Fails(StoreProblems.UnknownAccount, api => api.Get(Preview("account=nobody")))
        .Fails(StoreProblems.NoRate, async api => api.Get(Preview($"account={await AccountAsync(api, null)}")));

    private static void DescribeRerating(CaseTable cases)
    {
        cases.For("listReratingRuns").Succeeds(200, async api =>
        {
            await RunAsync(api);
            return api.Get("/v1/rerating-runs?limit=1");
        });
        foreach (var (operation, path) in (
            IEnumerable<(string, string)>)[("previewRerating", "/v1/rerating-runs/preview"), ("startRerating", "/v1/rerating-runs")])
        {
            cases.For(operation)
                .Succeeds(200, async api => api.Post(path, Period(await CardAsync(api))))
                .Fails(StoreProblems.UnknownRateCard, api => api.Post(path, Period("none")))
                .Fails(StoreProblems.UnknownAccount, async api => api.Post(path, Period(await CardAsync(api), "nobody")))
                .Fails(StoreProblems.CurrencyMismatch, async api =>
                    api.Post(path, Period(await CardAsync(api), await AccountAsync(api, null, "EUR"))))
                .Fails(
                    StoreProblems.PeriodNotOver, async api => api.Post(path, Period(await CardAsync(api), until: "2090-01-01T00:00:00Z")));
        }
        cases.For("getReratingRun")
            .Succeeds(200, async api => api.Get($"/v1/rerating-runs/{await RunAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/rerating-runs/0"));
        cases.For("resumeRerating")
            .Succeeds(200, async api => api.Post($"/v1/rerating-runs/{await RunAsync(api)}/resume"))
            .Fails(Problems.NotFound, api => api.Post("/v1/rerating-runs/0/resume"));
    }

    private static string Preview(string query) => $"/v1/prices/preview?{query}&direction=outbound&user=4915112345678&seconds=61";

    private static async Task<string> RateInForceAsync(ApiFixture api)
    {
        var card = await CardAsync(api);
        var rate = await RateAsync(api, card);
        await AccountAsync(api, card);
        return rate;
    }

    private static async Task<long> RunAsync(ApiFixture api) =>
        (await api.ReadAsync(api.Post("/v1/rerating-runs", Period(await CardAsync(api))))).GetProperty("id").GetInt64();
}
