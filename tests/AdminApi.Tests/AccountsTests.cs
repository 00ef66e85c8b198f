using System.Globalization;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;
using static AdminApi.Tests.Kit.RatingSamples;

namespace AdminApi.Tests;

[Collection(ApiCollection.Name)]
public sealed class AccountsTests(ApiFixture api)
{
    [Fact]
    public async Task A_balance_of_9_98_is_below_10_and_shown_as_it_is()
    {
        var account = await NewAsync();
        await TopUpAsync(account, "9.98");
        var view = await ReadAsync(account);
        Assert.Equal(("9.98", "0.00", "9.98"), (Text(view, "balance"), Text(view, "held"), Text(view, "available")));
        Assert.True(view.GetProperty("topUpNeeded").GetBoolean());
        Assert.Equal((true, "0.02"), Need(view, "inbound"));
        Assert.Equal((true, "0.02"), Need(view, "outbound"));

        await TopUpAsync(account, "0.02");
        view = await ReadAsync(account);
        Assert.Equal("10.00", Text(view, "balance"));
        Assert.False(view.GetProperty("topUpNeeded").GetBoolean());
        Assert.Equal((false, "0.00"), Need(view, "outbound"));
    }

    [Fact]
    public async Task Each_direction_has_a_minimum_of_its_own_and_holds_do_not_count_against_it()
    {
        var account = await NewAsync(minimumOutbound: "20.0000000001");
        await TopUpAsync(account, "20");
        await HoldAsync(api, account, 15m);
        var view = await ReadAsync(account);
        Assert.Equal((false, "0.00"), Need(view, "inbound"));
        Assert.Equal((true, "0.0000000001"), Need(view, "outbound"));
        Assert.Equal(("15.00", "5.00"), (Text(view, "held"), Text(view, "available")));
        var hold = (await api.ReadAsync(api.Get($"/v1/accounts/{account}/holds"))).GetProperty("items")[0];
        Assert.Equal(("15.00", "node-1", "49"), (Text(hold, "amount"), Text(hold, "node"), Text(hold, "prefix")));
    }

    [Fact]
    public async Task A_repeated_top_up_moves_money_once_even_when_its_answer_is_forgotten()
    {
        var account = await NewAsync();
        var key = Guid.NewGuid().ToString();
        HttpRequestMessage Request(string amount, string path = "top-ups")
        {
            var request = api.Post($"/v1/accounts/{account}/{path}", new { amount, currency = "USD" });
            request.Headers.Remove(Idempotency.Header);
            request.Headers.Add(Idempotency.Header, key);
            return request;
        }
        var first = await api.ReadAsync(Request("5.00"));
        Assert.Equal(first.ToString(), (await api.ReadAsync(Request("5.00"))).ToString());
        Assert.Equal((409, "idempotency_key_reused"), await api.FailAsync(Request("6.00")));

        await using (var connection = await api.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("DELETE FROM idempotent_requests WHERE key = @key", new { key });
        Assert.Equal(first.ToString(), (await api.ReadAsync(Request("5.00"))).ToString());
        Assert.Equal("5.00", Text(await ReadAsync(account), "balance"));

        await using (var connection = await api.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("DELETE FROM idempotent_requests WHERE key = @key", new { key });
        Assert.Equal((409, "idempotency_key_reused"), await api.FailAsync(Request("6.00")));
        Assert.Equal("5.00", Text(await ReadAsync(account), "balance"));
    }

    [Fact]
    public async Task Many_top_ups_at_once_all_count()
    {
        var account = await NewAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TopUpAsync(account, "0.10")));
        Assert.Equal("2.00", Text(await ReadAsync(account), "balance"));
    }

    [Fact]
    public async Task The_ledger_is_read_page_by_page_the_newest_first()
    {
        var account = await NewAsync();
        for (var i = 1; i <= 5; i++)
            await TopUpAsync(account, $"{i}.00");
        await api.ReadAsync(
            api.Post($"/v1/accounts/{account}/adjustments", new { amount = "-20.50", currency = "USD", note = "goodwill taken back" }));
        var entries = new List<JsonElement>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await api.ReadAsync(
                api.Get($"/v1/accounts/{account}/ledger?limit=4{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}"));
            entries.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }
        Assert.Equal(["-20.50", "5.00", "4.00", "3.00", "2.00", "1.00"], entries.Select(e => Text(e, "amount")));
        Assert.Equal(("adjustment", "-5.50", "goodwill taken back"), (
            Text(entries[0], "kind"), Text(entries[0], "balanceAfter"), Text(entries[0], "note")));
        Assert.Equal("-5.50", Text(await ReadAsync(account), "balance"));
    }

    [Theory]
    [InlineData("\"-1.00\"", 422, "invalid_amount")]
    [InlineData("\"0.00\"", 422, "invalid_amount")]
    [InlineData("\"1000000000000\"", 422, "invalid_amount")]
    [InlineData("\"0.00000000001\"", 422, "invalid_amount")]
    [InlineData("\"1e6\"", 400, "invalid_request")]
    [InlineData("\"NaN\"", 400, "invalid_request")]
    [InlineData("\"1,00\"", 400, "invalid_request")]
    [InlineData("1.00", 400, "invalid_request")]
    [InlineData("null", 400, "invalid_request")]
    [InlineData("\"999999999999999999999999999999999\"", 400, "invalid_request")]
    public async Task An_absurd_amount_is_a_problem_and_moves_nothing(string amount, int status, string code)
    {
        var account = await NewAsync();
        Assert.Equal(
            (status, code),
            await api.FailAsync(api.Post($"/v1/accounts/{account}/top-ups", $$"""{"amount":{{amount}},"currency":"USD"}""")));
        Assert.Equal("0.00", Text(await ReadAsync(account), "balance"));
        Assert.Empty((await api.ReadAsync(api.Get($"/v1/accounts/{account}/ledger"))).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Two_admins_do_not_overwrite_one_another_and_both_changes_are_audited()
    {
        var account = await NewAsync();
        object Terms(string name) =>
            new { name, rateCard = (string?)null, minimumInbound = "10.00", minimumOutbound = "0.00", isClosed = false };
        var answer = await api.Client.SendAsync(api.Put($"/v1/accounts/{account}", Terms("One"), 1));
        Assert.Equal("\"2\"", answer.Headers.ETag?.Tag);
        Assert.Equal((412, "stale_version"), await api.FailAsync(api.Put($"/v1/accounts/{account}", Terms("Two"), 1)));
        await TopUpAsync(account, "1.00");
        await api.ReadAsync(api.Put($"/v1/accounts/{account}", Terms("Two"), 2)); // a change of the balance has not made it stale
        await using var connection = await api.Database.OpenConnectionAsync();
        var actions = await connection.QueryAsync<string>(
            "SELECT action FROM audit_entries WHERE subject = @subject ORDER BY id", new { subject = "account:" + account });
        Assert.Equal(["account.create", "account.update", "account.top_up", "account.update"], actions);
    }

    [Fact]
    public async Task A_statement_leads_from_the_opening_to_the_closing_balance_also_as_a_file()
    {
        var account = await NewAsync();
        await TopUpAsync(account, "9.98");
        await api.ReadAsync(api.Post($"/v1/accounts/{account}/adjustments", new { amount = "-0.0000000001", currency = "USD" }));
        var month = DateTime.UtcNow.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var path = $"/v1/accounts/{account}/statements/{month}";
        var view = await api.ReadAsync(api.Get(path));
        Assert.Equal(("0.00", "9.98", "-0.0000000001", "9.9799999999", "0.00"),
            (Text(view, "opening"), Text(view, "toppedUp"), Text(view, "adjusted"), Text(view, "closing"), Text(view, "charged")));
        Assert.False(view.GetProperty("isFinal").GetBoolean());
        var file = await (await api.Client.SendAsync(api.Get(path + "/export"))).Content.ReadAsStringAsync();
        Assert.Equal(
            [
                "account,currency,month,line,direction,country,entries,billed_seconds,amount", $"{account},USD,{month},opening,,,,,0.00",
                $"{account},USD,{month},top_up,,,,,9.98", $"{account},USD,{month},adjustment,,,,,-0.0000000001",
                $"{account},USD,{month},rerating,,,,,0.00", $"{account},USD,{month},closing,,,,,9.9799999999", "",
            ],
            file.Split("\r\n"));
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Get($"/v1/accounts/{account}/statements/2999-01")));
    }

    [Fact]
    public async Task A_closed_account_takes_no_money_until_it_is_opened_again()
    {
        var account = await NewAsync();
        object Terms(bool isClosed) =>
            new { name = "Of a test", rateCard = (string?)null, minimumInbound = "10.00", minimumOutbound = "10.00", isClosed };
        await api.ReadAsync(api.Put($"/v1/accounts/{account}", Terms(true), 1));
        Assert.Equal((409, "account_closed"), await api.FailAsync(
            api.Post($"/v1/accounts/{account}/top-ups", new { amount = "1.00", currency = "USD" })));
        await api.ReadAsync(api.Put($"/v1/accounts/{account}", Terms(false), 2));
        await TopUpAsync(account, "1.00");
    }

    [Fact]
    public async Task Only_billing_keys_move_money()
    {
        var account = await NewAsync();
        foreach (var (scope, mayMove) in (
            IEnumerable<(Scope, bool)>)[(Scope.Read, false), (Scope.Operate, false), (Scope.Billing, true), (Scope.Admin, true)])
        {
            var key = await api.KeyAsync(scope);
            var request = api.Post($"/v1/accounts/{account}/top-ups", new { amount = "1.00", currency = "USD" });
            request.Headers.Authorization = new("Bearer", key);
            Assert.Equal(mayMove ? 201 : 403, (int)(await api.Client.SendAsync(request)).StatusCode);
            var read = api.Get($"/v1/accounts/{account}");
            read.Headers.Authorization = new("Bearer", key);
            Assert.Equal(200, (int)(await api.Client.SendAsync(read)).StatusCode);
        }
    }

    private async Task<string> NewAsync(string minimumOutbound = "10.00")
    {
        var id = Name("acc");
        await api.ReadAsync(api.Post("/v1/accounts", new { id, name = "Of a test", currency = "USD", minimumOutbound }));
        return id;
    }

    private Task<JsonElement> TopUpAsync(string account, string amount) =>
        api.ReadAsync(api.Post($"/v1/accounts/{account}/top-ups", new { amount, currency = "USD" }));

    private Task<JsonElement> ReadAsync(string account) => api.ReadAsync(api.Get($"/v1/accounts/{account}"));

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();

    private static (bool, string?) Need(JsonElement account, string direction) =>
        (account.GetProperty(direction).GetProperty("topUpNeeded").GetBoolean(), Text(account.GetProperty(direction), "shortfall"));
}
