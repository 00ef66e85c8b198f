using System.Net;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Rating;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using Gateway.Calls.Balances;
using Gateway.Calls.Rating;
using Gateway.Storage.Rating;
using Media.Protocols.Primitives;
using static AdminApi.Tests.Kit.RatingSamples;

namespace AdminApi.Tests;

[Collection(ApiCollection.Name)]
public sealed class RatingTests(ApiFixture api)
{
    [Fact]
    public async Task Money_is_text_to_the_last_digit_and_terms_that_were_not_given_have_defaults()
    {
        var card = await CardAsync(api, hasRate: false);
        var rate = await api.ReadAsync(api.Post(
            $"/v1/rate-cards/{card}/rates",
            new { direction = "outbound", prefix =
                "49", pricePerMinute = "0.0123456789", tiers = new[] { new { fromMinutes = 50_000, pricePerMinute = "0.0070" } } }));
        Assert.Equal("0.0123456789", rate.GetProperty("pricePerMinute").GetString());
        Assert.Equal("0.00", rate.GetProperty("connectionFee").GetString());
        Assert.Equal((6, 0), (rate.GetProperty("pulseSeconds").GetInt32(), rate.GetProperty("minimumSeconds").GetInt32()));
        var tier = rate.GetProperty("tiers")[0];
        Assert.Equal((50_000, "0.007"), (tier.GetProperty("fromMinutes").GetInt64(), tier.GetProperty("pricePerMinute").GetString()));
        Assert.Equal("USD", rate.GetProperty("currency").GetString());
    }

    [Theory]
    [InlineData(typeof(RateView), new[] { "id", "card", "version" }, new string[0])]
    [InlineData(typeof(NewRate), new string[0], new[] { "currency" })]
    [InlineData(typeof(ReplacementRate), new string[0], new[] { "currency", "direction", "prefix" })]
    public void Bodies_have_the_columns_of_a_rate(Type body, string[] also, string[] without) => Assert.Equal(
        RateColumns.Names.Concat(also).Except(without).Order(),
        body.GetProperties().Select(property => WireName.OfName(property.Name)).Order());

    [Theory]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":0.1}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"-0.1"}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"1000001"}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"0.00000000001"}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"1e3"}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"99999999999999999999999999999999"}""")]
    [InlineData("""{"direction":"outbound","prefix":"521","pricePerMinute":"0.1"}""")]
    [InlineData("""{"direction":"sideways","prefix":"49","pricePerMinute":"0.1"}""")]
    [InlineData("""{"prefix":"49","pricePerMinute":"0.1"}""")]
    [InlineData("""{"direction":"outbound","prefix":null,"pricePerMinute":"0.1"}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"0.1","pulseSeconds":0}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"0.1","tiers":[{"fromMinutes":10,"pricePerMinute":"0.2"}]}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"0.1","tiers":[null]}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"0.1","validUntil":"2001-01-01T00:00:00Z"}""")]
    [InlineData("""{"direction":"outbound","prefix":"49","pricePerMinute":"0.1","colour":"red"}""")]
    [InlineData("not json")]
    public async Task Senseless_terms_are_a_problem_and_nothing_changes(string body)
    {
        var card = await CardAsync(api, hasRate: false);
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Post($"/v1/rate-cards/{card}/rates", body)));
        Assert.Equal(0, (await api.ReadAsync(api.Get($"/v1/rate-cards/{card}"))).GetProperty("rates").GetInt32());
    }

    [Theory]
    [InlineData("Card", "x")]
    [InlineData("", "x")]
    [InlineData("a b", "x")]
    [InlineData("a\n", "x")]
    [InlineData("ok", "")]
    [InlineData("ok", "a\u0000b")]
    public async Task A_card_needs_an_id_and_a_name(string id, string name) =>
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Post("/v1/rate-cards", new { id, name, currency = "USD" })));

    [Fact]
    public async Task All_errors_of_a_broken_file_are_reported_by_line_and_nothing_is_half_imported()
    {
        var card = await CardAsync(api);
        var answer = await api.Client.SendAsync(
            Import(api, card, $"{Header}\noutbound,49,2030-01-01,0.1\nsideways,50,2030-01-01,dear\noutbound,,2030-01-01,0.1\n"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var problem = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal("invalid_rates", problem.GetProperty("code").GetString());
        Assert.Equal(["line 3, direction", "line 3, price_per_minute", "line 4"], problem.GetProperty("errors").Strings("field"));
        Assert.Equal(1, (await api.ReadAsync(api.Get($"/v1/rate-cards/{card}"))).GetProperty("rates").GetInt32());
    }

    [Fact]
    public async Task What_one_card_exports_another_imports()
    {
        var (one, other) = (await CardAsync(api), await CardAsync(api, hasRate: false));
        await api.ReadAsync(
            Import(api, one, $"{Header},tiers\noutbound,49,2030-01-01,0.10,50000:0.0070|250000:0.0050\ninbound,,2030-01-01,0,\n"));
        var file = await (await api.Client.SendAsync(api.Get($"/v1/rate-cards/{one}/export"))).Content.ReadAsStringAsync();
        await api.ReadAsync(Import(api, other, file));
        Assert.Equal(file, await (await api.Client.SendAsync(api.Get($"/v1/rate-cards/{other}/export"))).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Pages_of_rates_follow_one_another()
    {
        var card = await CardAsync(api, hasRate: false);
        await api.ReadAsync(
            Import(api, card, $"{Header}\n" + string.Concat(Enumerable.Range(1, 7).Select(i => $"outbound,{i},2030-01-01,0.1\n"))));
        var prefixes = new List<string?>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await api.ReadAsync(api.Get($"/v1/rate-cards/{card}/rates?limit=3{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}"));
            prefixes.AddRange(page.GetProperty("items").Strings("prefix"));
            cursor = page.GetProperty("next").GetString();
        }
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], prefixes);
    }

    [Fact]
    public async Task A_preview_shows_rate_pulses_and_price()
    {
        var card = await CardAsync(api);
        await RateAsync(api, card, "4915");
        var price = await api.ReadAsync(api.Get($"/v1/prices/preview?card={card}&direction=outbound&user=%2B4915112345678&seconds=61"));
        Assert.Equal(("0.11", 11, 66), (price.GetProperty("amount").GetString(), price.GetProperty("pulses")
            .GetInt32(), price.GetProperty("billedSeconds").GetInt32()));
        Assert.Equal("4915", price.GetProperty("rate").GetProperty("prefix").GetString());
        Assert.Equal("", (await api.ReadAsync(api.Get($"/v1/prices/preview?card={card}&direction=outbound&user=US.1349&seconds=0")))
            .GetProperty("rate").GetProperty("prefix").GetString());
        Assert.Equal(
            (422, "no_rate"), await api.FailAsync(api.Get($"/v1/prices/preview?card={card}&direction=inbound&user=US.1349&seconds=0")));
        Assert.Equal((422, "no_rate"), await api.FailAsync(
            api.Get($"/v1/prices/preview?card={card}&direction=outbound&user=US.1349&seconds=0&at=2001-01-01T00:00:00Z")));
        foreach (var wrong in (string[])["user=bob&seconds=1", "user=49151&seconds=-1", "user=49151&seconds=NaN",
            "user=49151&seconds=1&monthlyMinutes=-1", "user=49151"])
            Assert.Equal(
                (400, "invalid_request"), await api.FailAsync(api.Get($"/v1/prices/preview?card={card}&direction=outbound&{wrong}")));
    }

    [Fact]
    public async Task A_period_rated_anew_moves_the_difference_once_whoever_repeats_it()
    {
        var (card, corrected) = (await CardAsync(api), await CardAsync(api, hasRate: false));
        var account = await AccountAsync(api, card);
        await api.ReadAsync(Import(api, corrected, $"{Header}\noutbound,,2020-01-01,0.04\n"));
        var start = new DateTimeOffset(2020, 6, 1, 0, 0, 0, TimeSpan.Zero);
        var rate = new Rate(1, card, CallDirection.Outbound, "", "USD", 0.10m, 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);
        var call = await Samples.CallAsync(api, record => record with
        {
            StartedAt = start, AnsweredAt = start, EndedAt = start.AddSeconds(60), Cause = HangupCause.PbxHungUp,
            Funding = new Funding(account, "USD", rate, 0),
        });

        var preview = await api.ReadAsync(api.Post("/v1/rerating-runs/preview", Period(corrected, account)));
        Assert.Equal(("0.06", 1), (preview.GetProperty("refund").GetString(), preview.GetProperty("changed").GetInt32()));
        var first = api.Post("/v1/rerating-runs", Period(corrected, account));
        var again = api.Post("/v1/rerating-runs", Period(corrected, account));
        again.Headers.Remove(Idempotency.Header);
        again.Headers.Add(Idempotency.Header, first.Headers.GetValues(Idempotency.Header));
        var run = await api.ReadAsync(first);
        Assert.True(run.GetProperty("isFinished").GetBoolean());
        Assert.Equal(preview.ToString(), run.GetProperty("totals").ToString());
        Assert.Equal(run.ToString(), (await api.ReadAsync(again)).ToString());
        Assert.Equal(0, (await api.ReadAsync(api.Post("/v1/rerating-runs", Period(corrected, account)))).GetProperty("totals")
            .GetProperty("changed").GetInt32());

        var charge = (await api.ReadAsync(api.Get($"/v1/calls/{call}"))).GetProperty("call").GetProperty("charge");
        Assert.Equal(("0.04", corrected), (charge.GetProperty("amount").GetString(), charge.GetProperty("rateCard").GetString()));
        await using var balance = api.Database.CreateCommand("SELECT balance FROM accounts WHERE id = $1");
        balance.Parameters.AddWithValue(account);
        Assert.Equal(-0.04m, await balance.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Only_billing_keys_change_prices()
    {
        var card = await CardAsync(api);
        foreach (var (scope, mayChange) in (
            IEnumerable<(Scope, bool)>)[(Scope.Read, false), (Scope.Operate, false), (Scope.Billing, true), (Scope.Admin, true)])
        {
            var request = api.Post($"/v1/rate-cards/{card}/rates", Rate(WireName.Of(scope).Length.ToString()));
            request.Headers.Authorization = new("Bearer", await api.KeyAsync(scope));
            Assert.Equal(mayChange, (await api.Client.SendAsync(request)).IsSuccessStatusCode);
        }
    }
}
