using System.Globalization;
using Gateway.Storage.Accounts;

namespace AdminApi.Accounts;

/// <summary>An account's month. Opening, charged, toppedUp, adjusted and rerated sum up to closing, to the last digit.</summary>
/// <param name="Month">The calendar month in UTC, such as 2026-01.</param>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end, which is not part of it.</param>
/// <param name="IsFinal">True: the month is over, and nothing of this changes any more.</param>
/// <param name="Opening">The balance before its first movement.</param>
/// <param name="Charged">The sum of `charges`: zero or negative.</param>
/// <param name="ToppedUp">The sum of its top-ups.</param>
/// <param name="Adjusted">The sum of its adjustments.</param>
/// <param name="Rerated">The sum of the differences that re-rating posted in it, of calls of any month.</param>
/// <param name="Closing">The balance after its last movement.</param>
/// <param name="Charges">Of calls that were settled in it, by direction and country.</param>
public sealed record StatementView(
    string Account, string Name, string Currency, string Month, DateTimeOffset From, DateTimeOffset To, bool IsFinal, decimal Opening,
    decimal Charged, decimal ToppedUp, decimal Adjusted, decimal Rerated, decimal Closing, IReadOnlyList<ChargesView> Charges)
{
    internal static StatementView Of(Account account, DateOnly month, AccountStatement statement, DateTimeOffset now)
    {
        decimal Sum(string kind) => statement.Lines.Where(line => line.Kind == kind).Sum(line => line.Amount);
        var from = new DateTimeOffset(month.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var to = from.AddMonths(1);
        return new StatementView(
            account.Id, account.Name, account.Currency, month.ToString("yyyy-MM", CultureInfo.InvariantCulture), from, to, to <= now,
            statement.Opening, Sum("charge"), Sum("top_up"), Sum("adjustment"), Sum("rerating"), statement.Closing,
            [.. statement.Lines.Where(line => line.Kind == "charge").Select(ChargesView.Of)]);
    }
}

/// <summary>The charges of calls in one direction to or from one country.</summary>
/// <param name="Direction">inbound or outbound; null: charged by a version of the gateway that did not note it.</param>
/// <param name="Country">The users' (ISO 3166-1 alpha-2); null: not known.</param>
/// <param name="Calls">The number of calls.</param>
/// <param name="BilledSeconds">The sum of their billed time.</param>
/// <param name="Amount">The sum: zero or negative.</param>
public sealed record ChargesView(string? Direction, string? Country, long Calls, long BilledSeconds, decimal Amount)
{
    internal static ChargesView Of(StatementLine line) => new(
        line.Direction, line.Country, line.Entries, line.BilledSeconds, line.Amount);
}
