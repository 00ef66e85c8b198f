using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rating;
using Gateway.Storage.Channels;
using Gateway.Storage.Rating;

namespace Gateway.Storage.Accounts;

/// <summary>The result of the admission statement about the channel and the money.</summary>
internal sealed record AdmissionRow
{
    public string Channel { get; init; } = "";
    public string Routes { get; init; } = "";
    public string? Account { get; init; }
    public string? Currency { get; init; }
    public decimal? Balance { get; init; }
    public decimal? AccountHeld { get; init; }
    public decimal? Minimum { get; init; }
    public bool? IsClosed { get; init; }
    public long? RateId { get; init; }
    public string? RateCard { get; init; }
    public string? RatePrefix { get; init; }
    public decimal? PricePerMinute { get; init; }
    public decimal? ConnectionFee { get; init; }
    public int? PulseSeconds { get; init; }
    public int? MinimumSeconds { get; init; }
    public string? Tiers { get; init; }
    public decimal? Held { get; init; }

    public AdmissionFacts ToFacts(CallDirection direction, ContactPermission? contact) => new(
        ChannelFactsColumn.Read(Channel), contact,
        Account is null ? null : new AccountFacts(Account, Currency!, Balance!.Value, AccountHeld!.Value, Minimum!.Value, IsClosed!.Value),
        RateId is null ? null : ToRate(direction), Held, ChannelFactsColumn.ReadRoutes(Routes));

    private Rate ToRate(CallDirection direction) => new(
        RateId!.Value, RateCard!, direction, RatePrefix!, Currency!, PricePerMinute!.Value, ConnectionFee!.Value,
        TimeSpan.FromSeconds(PulseSeconds!.Value), TimeSpan.FromSeconds(MinimumSeconds!.Value), RateTiers.Read(Tiers!));
}
