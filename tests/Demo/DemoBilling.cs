namespace Demo;

/// <summary>The first account, rate card and money, set up through the admin API as an operator would; existing rows stay.</summary>
internal sealed class DemoBilling(AdminClient admin)
{
    private const string Account = "demo";
    private const string Card = "demo-usd";
    private const string Currency = "USD";
    private const string FirstMoney = "25.00";

    /// <summary>Charges the channel's calls to the account from now on, at the card's rates.</summary>
    public async Task OpenAsync(string channel, CancellationToken cancellation)
    {
        if (await admin.CreateAsync("/v1/rate-cards", new { id = Card, name = "Demonstration", currency = Currency }, cancellation))
        {
            await admin.CreateAsync(
                $"/v1/rate-cards/{Card}/rates", new { direction = "inbound", prefix = "", pricePerMinute = "0.0050" }, cancellation);
            await admin.CreateAsync(
                $"/v1/rate-cards/{Card}/rates", new { direction = "outbound", prefix = "", pricePerMinute = "0.0100" }, cancellation);
        }
        if (await admin.CreateAsync(
            "/v1/accounts", new { id = Account, name = "Demonstration", currency = Currency, rateCard = Card }, cancellation))
            await admin.CreateAsync(
                $"/v1/accounts/{Account}/top-ups", new { amount = FirstMoney, currency = Currency, note = "The first money" },
                cancellation);
        await admin.ReplaceAsync(
            $"/v1/channels/{channel}/account", new { account = Account }, cancellation, versionOf: $"/v1/channels/{channel}");
    }

    /// <summary>The account's balance and the entries that led to it.</summary>
    public async Task<string> StatementAsync(CancellationToken cancellation)
    {
        var account = await admin.GetAsync($"/v1/accounts/{Account}", cancellation);
        var ledger = await admin.GetAsync($"/v1/accounts/{Account}/ledger?limit=5", cancellation);
        var entries = ledger.GetProperty("items").EnumerateArray().Reverse()
            .Select(entry => $"{entry.GetProperty("kind").GetString()} {entry.GetProperty("amount").GetString()}");
        return $"Account {Account}: {string.Join(", ", entries)}; balance {account.GetProperty("balance").GetString()} {Currency}, "
            + $"held {account.GetProperty("held").GetString()}";
    }
}
