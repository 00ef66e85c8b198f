namespace Gateway.Calls.Rating;

/// <summary>A rate with its validity, as a card has it.</summary>
/// <param name="Rate">The rate.</param>
/// <param name="ValidFrom">Inclusive.</param>
/// <param name="ValidUntil">Exclusive; null for no end.</param>
/// <param name="Version">Incremented with each change.</param>
public sealed record CardRate(Rate Rate, DateTimeOffset ValidFrom, DateTimeOffset? ValidUntil, long Version)
{
    /// <summary>True where a call that begins at this moment is rated by it.</summary>
    public bool IsValidAt(DateTimeOffset at) => ValidFrom <= at && (ValidUntil is not { } end || at < end);

    /// <summary>As an admin would enter it again.</summary>
    public RateTerms Terms() => new(
        Rate.Direction, Rate.Prefix, ValidFrom, ValidUntil, Rate.PricePerMinute, Rate.ConnectionFee, (int)Rate.Pulse.TotalSeconds,
        (int)Rate.Minimum.TotalSeconds, Rate.Tiers);
}

/// <summary>All rates of one card, for rating many calls: the longest prefix valid at a call's start decides.</summary>
public sealed class RateTable(IEnumerable<CardRate> rates)
{
    private readonly ILookup<(CallDirection, string), CardRate> _rates = rates.ToLookup(r => (r.Rate.Direction, r.Rate.Prefix));

    /// <summary>The rate of a call with this user that began at this moment, or null: no rate, no call.</summary>
    public Rate? Find(CallDirection direction, WhatsAppUser user, DateTimeOffset at)
    {
        var prefixes = CallingCodes.PrefixesOf(user);
        for (var i = prefixes.Count - 1; i >= 0; i--)
            if (_rates[(direction, prefixes[i])].FirstOrDefault(r => r.IsValidAt(at)) is { } found)
                return found.Rate;
        return null;
    }
}
