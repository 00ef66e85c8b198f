using Gateway.Calls;
using Gateway.Calls.Balances;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Gateway.Storage.Rating;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Calls;

/// <summary>The facts about an open call beyond its own row: the last sign of life, and its hold.</summary>
internal sealed record OrphanRow
{
    public const string FirstColumn = nameof(LastSign);

    public const string Columns =
        """
        last_sign AS LastSign, owner_token AS OwnerToken,
        hold_grown_at AS HoldGrownAt, hold_account AS Account, hold_currency AS Currency, hold_amount AS Amount,
        hold_rate_id AS RateId,
        hold_rate_card AS RateCard, hold_rate_prefix AS RatePrefix, hold_price_per_minute AS PricePerMinute,
        hold_connection_fee AS ConnectionFee,
        hold_pulse_seconds AS PulseSeconds, hold_minimum_seconds AS MinimumSeconds, hold_tiers::text AS Tiers
        """;

    public DateTime LastSign { get; init; }

    public long OwnerToken { get; init; }

    /// <summary>The time of the last extension of its hold, as only answered calls have.</summary>
    public DateTime? HoldGrownAt { get; init; }

    public string? Account { get; init; }
    public string? Currency { get; init; }
    public decimal? Amount { get; init; }
    public long? RateId { get; init; }
    public string? RateCard { get; init; }
    public string? RatePrefix { get; init; }
    public decimal? PricePerMinute { get; init; }
    public decimal? ConnectionFee { get; init; }
    public int? PulseSeconds { get; init; }
    public int? MinimumSeconds { get; init; }
    public string? Tiers { get; init; }

    /// <summary>The record of the call as far as it is known: it lasted to the last sign
    /// of life, but no longer than the hold covers.</summary>
    /// <remarks>Where the pick-up was never written, but the hold was extended since,
    /// the call was answered by then at the latest.</remarks>
    public CallRecord Close(CallRow call)
    {
        var record = (call with { EndedAt = LastSign, Cause = WireName.Of(HangupCause.NodeLost) }).ToRecord() with
        {
            Funding = FundingOf(WireName.Parse<CallDirection>(call.Direction)),
            OwnerToken = OwnerToken,
        };
        return (call.AnsweredAt ?? HoldGrownAt) is { } answered ? record.LostAfterAnswer(CallRow.Utc(answered)) : record;
    }

    private Funding? FundingOf(CallDirection direction) => Account is null ? null : new Funding(
        Account, Currency!,
        new Rate(
            RateId!.Value, RateCard!, direction, RatePrefix!, Currency!, PricePerMinute!.Value, ConnectionFee!.Value,
            TimeSpan.FromSeconds(PulseSeconds!.Value), TimeSpan.FromSeconds(MinimumSeconds!.Value), RateTiers.Read(Tiers!)),
        Amount!.Value);
}
