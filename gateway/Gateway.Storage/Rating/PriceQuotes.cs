using Dapper;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Rating;

/// <summary>A possible call whose price is requested.</summary>
/// <param name="Card">The rate card; null for that of the account.</param>
/// <param name="Account">The account that would pay, whose volume of the month counts; null for none.</param>
/// <param name="Direction">The calling side.</param>
/// <param name="User">The user.</param>
/// <param name="TalkTime">From answer to end.</param>
/// <param name="At">The time at which it would begin.</param>
/// <param name="VolumeBefore">Billed time of the month before it; null for that of the account.</param>
public sealed record QuoteRequest(
    string? Card, string? Account, CallDirection Direction, WhatsAppUser User, TimeSpan TalkTime, DateTimeOffset At,
    TimeSpan? VolumeBefore);

/// <summary>The price of a possible call.</summary>
/// <param name="Rate">The rate that applies.</param>
/// <param name="VolumeBefore">The billed time of the month before it.</param>
/// <param name="Price">Its price.</param>
public sealed record Quote(CardRate Rate, TimeSpan VolumeBefore, Price Price);

/// <summary>Quotes prices of possible calls.</summary>
public sealed class PriceQuotes(NpgsqlDataSource database, RateStore rates)
{
    private const string Payer =
        """
        SELECT a.rate_card AS Card, coalesce(v.seconds, 0) AS VolumeSeconds
        FROM accounts a LEFT JOIN volumes v ON v.account = a.id AND v.direction = @direction AND v.month = @month
        WHERE a.id = @Account
        """;

    /// <summary>Refused: <see cref="StoreRefusal.UnknownAccount"/>, <see cref="StoreRefusal.NoRate"/>.</summary>
    public async Task<Outcome<Quote>> QuoteAsync(QuoteRequest request, CancellationToken cancellation)
    {
        var payer = new PayerRow(null, 0);
        if (request.Account is not null)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            var month = new DateTime(request.At.UtcDateTime.Year, request.At.UtcDateTime.Month, 1);
            var found = await connection.QuerySingleOrDefaultAsync<PayerRow?>(new CommandDefinition(
                Payer, new { request.Account, direction = WireName.Of(request.Direction), month }, cancellationToken: cancellation));
            if (found is null)
                return (StoreRefusal.UnknownAccount, $"There is no account '{request.Account}'.");
            payer = found;
        }
        if ((request.Card ?? payer.Card) is not { } card)
            return (StoreRefusal.NoRate, "The account has no rate card.");
        if (await rates.FindForCallAsync(card, request.Direction, request.User, request.At, cancellation) is not { } rate)
            return (StoreRefusal.NoRate, $"The rate card '{card}' has no rate for this call.");
        var volume = request.VolumeBefore ?? TimeSpan.FromSeconds(payer.VolumeSeconds);
        return new Quote(rate, volume, RatingRules.Of(rate.Rate, request.TalkTime, volume));
    }

    private sealed record PayerRow(string? Card, long VolumeSeconds);
}
