using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;
using static AdminApi.Tests.Kit.ChannelSamples;

namespace AdminApi.Tests;

/// <summary>The reading of input, the same for every operation: times, numbers, versions, addresses.</summary>
[Collection(ApiCollection.Name)]
public sealed class InputTests(ApiFixture api)
{
    [Theory]
    [InlineData("2031-01-02T03:04:05", "2031-01-02T03:04:05Z")]
    [InlineData("2031-01-02T03:04:05Z", "2031-01-02T03:04:05Z")]
    [InlineData("2031-01-02T03:04:05.5+09:00", "2031-01-01T18:04:05.5Z")]
    [InlineData("2031-01-02T03:04", "2031-01-02T03:04:00Z")]
    [InlineData("2031-01-02", "2031-01-02T00:00:00Z")]
    public async Task A_time_is_read_alike_in_bodies_queries_and_files_and_without_offset_it_is_UTC(string written, string meant)
    {
        var card = await CardAsync();
        var rate = await api.ReadAsync(api.Post(
            $"/v1/rate-cards/{card}/rates", new { direction = "outbound", prefix = "49", pricePerMinute = "0.1", validFrom = written }));
        Assert.Equal(DateTimeOffset.Parse(meant), rate.GetProperty("validFrom").GetDateTimeOffset());

        var import = api.Post($"/v1/rate-cards/{card}/import");
        import.Content = new StringContent($"direction,prefix,valid_from,price_per_minute\noutbound,33,{written},0.1\n", null, "text/csv");
        await api.ReadAsync(import);
        var at = Uri.EscapeDataString(written);
        Assert.Equal(2, (await api.ReadAsync(api.Get($"/v1/rate-cards/{card}/rates?validAt={at}"))).GetProperty("items").GetArrayLength());
        var before = DateTimeOffset.Parse(meant).AddSeconds(-1).ToString("yyyy-MM-ddTHH:mm:ss");
        Assert.Equal(
            0, (await api.ReadAsync(api.Get($"/v1/rate-cards/{card}/rates?validAt={before}"))).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("+49 (0)155 1234567")]
    [InlineData("49\u00A0155\u20131234567")]
    [InlineData("\u200E491551234567")]
    public async Task A_filter_finds_a_number_in_any_usual_spelling(string typed)
    {
        var channel = await ChannelAsync(api);
        await using (var connection = await api.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("INSERT INTO contacts (channel, phone) VALUES (@channel, '491551234567')", new { channel });
        var found = await api.ReadAsync(api.Get($"/v1/contacts?channel={channel}&phone={Uri.EscapeDataString(typed)}"));
        Assert.Equal("491551234567", Assert.Single(found.GetProperty("items").EnumerateArray()).GetProperty("phone").GetString());
    }

    [Theory]
    [InlineData("/v1/contacts?phone=0155123")]
    [InlineData("/v1/contacts?phone=bob")]
    [InlineData("/v1/contacts?userId=4915")]
    [InlineData("/v1/calls?user=00491551234567")]
    [InlineData("/v1/calls/export?user=bob")]
    public async Task A_filter_that_can_find_nobody_is_refused_with_the_reason(string path) =>
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Get(path)));

    [Theory]
    [InlineData("W/\"1\"")] // nginx with gzip
    [InlineData("\"1-gzip\"")] // Apache
    [InlineData("\"1--gzip\"")] // Jetty
    [InlineData("W/\"1-br\"")]
    [InlineData("\"1\"")]
    public async Task A_version_is_known_through_what_compressing_proxies_make_of_it(string tag)
    {
        var request = api.Patch($"/v1/channels/{await ChannelAsync(api)}", new { name = "Desk" });
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        await api.ReadAsync(request);
    }

    [Theory]
    [InlineData("w/\"1\"")]
    [InlineData("\"1\", \"2\"")]
    [InlineData("1")]
    [InlineData("\"1-zip\"")]
    public async Task Another_tag_is_none_of_ours(string tag)
    {
        var request = api.Patch($"/v1/channels/{await ChannelAsync(api)}", new { name = "Desk" });
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        Assert.Equal((400, "invalid_request"), await api.FailAsync(request));
    }

    [Theory]
    [InlineData(9_000)]
    [InlineData(100_000)]
    public async Task An_address_that_is_too_long_is_told_so(int length) =>
        Assert.Equal((414, "uri_too_long"), await api.FailAsync(api.Get($"/v1/contacts?userId={new string('a', length)}")));

    [Fact]
    public async Task A_refusal_is_not_repeated_for_a_day()
    {
        var account = "n" + Guid.NewGuid().ToString("n")[..12];
        HttpRequestMessage TopUp()
        {
            var request = api.Post($"/v1/accounts/{account}/top-ups", new { amount = "10.00", currency = "EUR" });
            request.Headers.Remove(Idempotency.Header);
            request.Headers.Add(Idempotency.Header, account);
            return request;
        }
        Assert.Equal((404, "not_found"), await api.FailAsync(TopUp()));
        await api.ReadAsync(api.Post("/v1/accounts", new { id = account, name = "late", currency = "EUR" }));
        await api.ReadAsync(TopUp());
        Assert.Equal("10.00", (await api.ReadAsync(api.Get($"/v1/accounts/{account}"))).GetProperty("balance").GetString());
    }

    [Fact]
    public async Task What_went_wrong_with_a_body_is_said_in_the_words_of_the_document()
    {
        using var answer = await api.Client.SendAsync(api.Post("/v1/keys", """{"name":"x","scopes":"read"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("$.scopes", "Must be a list."), (problem.GetProperty("errors")[0].GetProperty("field")
            .GetString(), problem.GetProperty("errors")[0].GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("/v1/calls/export?channel=1")]
    [InlineData("/v1/rate-cards/CARD/export")]
    public async Task A_file_begins_with_a_byte_order_mark_where_a_spreadsheet_is_to_open_it(string path)
    {
        path = path.Replace("CARD", await CardAsync());
        var mark = new byte[] { 0xEF, 0xBB, 0xBF };
        Assert.NotEqual(mark, (await (await api.Client.SendAsync(api.Get(path))).Content.ReadAsByteArrayAsync())[..3]);
        Assert.Equal(mark, (await (await api.Client.SendAsync(
            api.Get(path + (path.Contains('?') ? "&" : "?") + "bom=true"))).Content.ReadAsByteArrayAsync())[..3]);
    }

    private async Task<string> CardAsync()
    {
        var card = "t" + Guid.NewGuid().ToString("n")[..12];
        await api.ReadAsync(api.Post("/v1/rate-cards", new { id = card, name = "times", currency = "USD" }));
        return card;
    }
}
