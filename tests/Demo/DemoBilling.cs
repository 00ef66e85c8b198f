using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Demo;

/// <summary>The first account, rate card and money, set up through the admin API as an operator would; existing rows stay.</summary>
internal sealed class DemoBilling(HttpClient admin)
{
    private const string Account = "demo";
    private const string Card = "demo-usd";
    private const string Currency = "USD";
    private const string FirstMoney = "25.00";

    /// <summary>Charges the channel's calls to the account from now on, at the card's rates.</summary>
    public async Task OpenAsync(string channel, CancellationToken cancellation)
    {
        if (await CreateAsync("/v1/rate-cards", new { id = Card, name = "Demonstration", currency = Currency }, cancellation))
        {
            await CreateAsync(
                $"/v1/rate-cards/{Card}/rates", new { direction = "inbound", prefix = "", pricePerMinute = "0.0050" }, cancellation);
            await CreateAsync(
                $"/v1/rate-cards/{Card}/rates", new { direction = "outbound", prefix = "", pricePerMinute = "0.0100" }, cancellation);
        }
        if (await CreateAsync(
            "/v1/accounts", new { id = Account, name = "Demonstration", currency = Currency, rateCard = Card }, cancellation))
            await CreateAsync($"/v1/accounts/{Account}/top-ups", new { amount = FirstMoney, currency = Currency, note = "The first money" },
                cancellation);

        using var known = await admin.GetAsync($"/v1/channels/{channel}", cancellation);
        await SendAsync(HttpMethod.Put, $"/v1/channels/{channel}/account", new { account = Account }, known.Headers.ETag, cancellation);
    }

    /// <summary>The account's balance and the entries that led to it.</summary>
    public async Task<string> StatementAsync(CancellationToken cancellation)
    {
        var account = await admin.GetFromJsonAsync<JsonElement>($"/v1/accounts/{Account}", cancellation);
        var ledger = await admin.GetFromJsonAsync<JsonElement>($"/v1/accounts/{Account}/ledger?limit=3", cancellation);
        var entries = ledger.GetProperty("items").EnumerateArray().Reverse()
            .Select(entry => $"{entry.GetProperty("kind").GetString()} {entry.GetProperty("amount").GetString()}");
        return $"Account {Account}: {string.Join(", ", entries)}; balance {account.GetProperty("balance").GetString()} {Currency}, "
            + $"held {account.GetProperty("held").GetString()}";
    }

    /// <summary>Creates a resource; false where it exists already.</summary>
    private async Task<bool> CreateAsync(string path, object body, CancellationToken cancellation) =>
        await SendAsync(HttpMethod.Post, path, body, null, cancellation) != HttpStatusCode.Conflict;

    private async Task<HttpStatusCode> SendAsync(
        HttpMethod method, string path, object body, EntityTagHeaderValue? version, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", $"demo{path}");
        if (version is not null)
            request.Headers.IfMatch.Add(version);
        using var answer = await admin.SendAsync(request, cancellation);
        return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.Conflict ? answer.StatusCode
            : throw new DemoException(
                $"The admin API answered {method} {path} with {(int)answer.StatusCode}: " +
                $"{await answer.Content.ReadAsStringAsync(cancellation)}");
    }
}
