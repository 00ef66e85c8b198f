using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace AdminApi.Tests.Kit;

/// <summary>Creates the rate cards and accounts that tests need, each with a name of its own.</summary>
public static class RatingSamples
{
    public const string Header = "direction,prefix,valid_from,price_per_minute";

    public static string Name(string kind) => $"{kind}-{Guid.NewGuid():n}"[..24];

    /// <summary>The id of a new card with outbound calls to everybody at 0.10 a minute since 2020.</summary>
    public static async Task<string> CardAsync(ApiFixture api, string currency = "USD", bool hasRate = true)
    {
        var id = Name("card");
        await api.ReadAsync(api.Post("/v1/rate-cards", new { id, name = "Of a test", currency }));
        if (hasRate)
            await api.ReadAsync(api.Post($"/v1/rate-cards/{id}/rates", Rate("")));
        return id;
    }

    public static object Rate(string prefix, string validFrom = "2020-01-01T00:00:00Z") =>
        new { direction = "outbound", prefix, pricePerMinute = "0.10", validFrom };

    /// <summary>The path of a new rate of a card.</summary>
    public static async Task<string> RateAsync(ApiFixture api, string card, string prefix = "49", string validFrom = "2020-01-01T00:00:00Z")
    {
        var rate = await api.ReadAsync(api.Post($"/v1/rate-cards/{card}/rates", Rate(prefix, validFrom)));
        return $"/v1/rate-cards/{card}/rates/{rate.GetProperty("id").GetInt64()}";
    }

    /// <summary>An account that is rated by a card.</summary>
    public static async Task<string> AccountAsync(ApiFixture api, string? card, string currency = "USD")
    {
        var id = Name("acc");
        await using var command = api.Database.CreateCommand(
            "INSERT INTO accounts (id, name, currency, rate_card) VALUES ($1, 'Of a test', $2, $3)");
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(currency);
        command.Parameters.AddWithValue((object?)card ?? DBNull.Value);
        await command.ExecuteNonQueryAsync();
        return id;
    }

    /// <summary>Money of an account that a call in progress may spend.</summary>
    public static async Task HoldAsync(ApiFixture api, string account, decimal amount = 0.60m)
    {
        await using var command = api.Database.CreateCommand(
            """
            WITH held AS (UPDATE accounts SET held = held + $2 WHERE id = $1)
            INSERT INTO holds (call_id, account, amount, node, rate_id, rate_card, rate_prefix, price_per_minute, connection_fee,
            pulse_seconds, minimum_seconds, tiers)
            VALUES ($3, $1, $2, 'node-1', 1, 'standard', '49', 0.10, 0, 6, 0, '[]')
            """);
        command.Parameters.AddWithValue(account);
        command.Parameters.AddWithValue(amount);
        command.Parameters.AddWithValue(Guid.NewGuid().ToString("n"));
        await command.ExecuteNonQueryAsync();
    }

    public static HttpRequestMessage Import(ApiFixture api, string card, string text, string query = "")
    {
        var request = api.Post($"/v1/rate-cards/{card}/import{query}");
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        return request;
    }

    public static object Period(string card, string? account = null, string until = "2021-01-01T00:00:00Z") =>
        new { card, from = "2020-01-01T00:00:00Z", until, account };

    public static IEnumerable<string?> Strings(this JsonElement array, string member) =>
        array.EnumerateArray().Select(item => item.GetProperty(member).GetString());
}
