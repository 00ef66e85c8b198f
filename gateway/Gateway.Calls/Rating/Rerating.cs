using Gateway.Calls.Lifecycle;

namespace Gateway.Calls.Rating;

/// <summary>A charged call, with everything its price depends on.</summary>
/// <param name="Id">The attempt.</param>
/// <param name="StartedAt">The start: the rate in force then applies.</param>
/// <param name="Account">The account that paid.</param>
/// <param name="Direction">Volumes are counted separately for each.</param>
/// <param name="Channel">The business number.</param>
/// <param name="User">The user whose number is matched with the prefixes.</param>
/// <param name="Currency">The currency of the charge.</param>
/// <param name="TalkTime">From answer to end.</param>
/// <param name="BilledTime">The billed time of the current charge.</param>
/// <param name="Amount">The amount of the current charge.</param>
public sealed record ChargedCall(
    CallId Id, DateTimeOffset StartedAt, string Account, CallDirection Direction, ChannelId Channel, WhatsAppUser User, string Currency,
    TimeSpan TalkTime, TimeSpan BilledTime, decimal Amount);

/// <summary>The result of rating one call anew.</summary>
/// <param name="Call">The call as charged.</param>
/// <param name="Rate">The rate that applies, or null: the card has none, or another currency, and the charge stays.</param>
/// <param name="Price">The price by that rate.</param>
public sealed record ReratedCall(ChargedCall Call, Rate? Rate, Price? Price)
{
    /// <summary>The amount that the account gets back; negative where it pays more.</summary>
    public decimal Refund => Price is null ? 0 : Call.Amount - Price.Amount;
}

/// <summary>The progress of a replay: the volume of one account, direction and month up to the call rated last.</summary>
public readonly record struct ReplayedVolume(string Account, CallDirection Direction, DateOnly Month, TimeSpan Volume);

/// <summary>
/// Rates calls anew. They come ordered by account, direction and start, from the beginning of the month, so that each call meets the
/// volume of those before it; calls that are not to be rated anew count as they were charged.
/// </summary>
public sealed class Rerating(RateTable card, string currency, Func<ChargedCall, bool> isAskedFor, ReplayedVolume? startingFrom = null)
{
    /// <summary>The volume after the last call handled; the start of a later <see cref="Rerating"/>.</summary>
    public ReplayedVolume? Volume { get; private set; } = startingFrom;

    /// <summary>The next call in order; null where it is not to be rated anew.</summary>
    public ReratedCall? Handle(ChargedCall call)
    {
        var month = DateOnly.FromDateTime(call.StartedAt.UtcDateTime);
        var bucket = new ReplayedVolume(call.Account, call.Direction, month.AddDays(1 - month.Day), TimeSpan.Zero);
        var before = Volume is { } volume && volume with { Volume = TimeSpan.Zero } == bucket ? volume.Volume : TimeSpan.Zero;

        var rerated = isAskedFor(call) ? Rate(call, before) : null;
        Volume = bucket with { Volume = before + (rerated?.Price?.BilledTime ?? call.BilledTime) };
        return rerated;
    }

    private ReratedCall Rate(ChargedCall call, TimeSpan volumeBefore)
    {
        var rate = call.Currency == currency ? card.Find(call.Direction, call.User, call.StartedAt) : null;
        return new ReratedCall(call, rate, rate is null ? null : RatingRules.Of(rate, call.TalkTime, volumeBefore));
    }
}
