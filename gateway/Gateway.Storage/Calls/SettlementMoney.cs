using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Calls;

/// <summary>
/// The charges of several calls, one after the other: each is rated with the volume, and paid from the balance, that those before it leave.
/// </summary>
/// <param name="accounts">The accounts, as locked.</param>
/// <param name="volumes">The billed time so far.</param>
/// <param name="charged">Calls that the ledger charges already: their records came again after their partition had been dropped.</param>
internal sealed class SettlementMoney(
    IEnumerable<PayingAccount> accounts, IEnumerable<SettlementMoney.Volume> volumes, IEnumerable<string> charged)
{
    private readonly HashSet<string> _charged = [.. charged];

    private readonly Dictionary<string, PayingAccount> _accounts = accounts.ToDictionary(account => account.Id);

    private readonly Dictionary<(string Account, string Direction, DateOnly Month), long> _seconds =
        volumes.ToDictionary(volume => (volume.Account, volume.Direction, volume.Month), volume => volume.Seconds);

    /// <summary>Billed time of an account, in one direction and month.</summary>
    public sealed record Volume(string Account, string Direction, DateOnly Month, long Seconds);

    /// <summary>A row of ledger_entries.</summary>
    public sealed record Entry(
        string Account, decimal Amount, decimal BalanceAfter, string CallId, string Actor, string Direction, string? Country,
        long BilledSeconds);

    public List<Entry> Entries { get; } = [];

    /// <summary>What the calls add to the volumes.</summary>
    public List<Volume> Added { get; } = [];

    /// <summary>Rates a call and, where it has a price, charges its account.</summary>
    /// <param name="call">The call, without a price.</param>
    /// <returns>The call with its price, and its account before the charge; null: the call is not billed.</returns>
    public (CallRecord Priced, PayingAccount? Payer) Charge(CallRecord call)
    {
        if (call.Funding is not { } funding)
            return (call with { Price = null }, null);
        var payer = _accounts.GetValueOrDefault(funding.Account);
        if (call.AnsweredAt is not { } answered)
            return (call with { Price = null }, payer);
        var key = VolumeOf(call);
        var volume = _seconds.GetValueOrDefault(key);
        var price = RatingRules.Of(funding.Rate, call.EndedAt - answered, TimeSpan.FromSeconds(volume));
        if (payer is not null && !_charged.Contains(call.Id.Value))
        {
            var (billed, balance) = ((long)price.BilledTime.TotalSeconds, payer.Balance - price.Amount);
            _accounts[payer.Id] = payer with { Balance = balance };
            _seconds[key] = volume + billed;
            Entries.Add(new Entry(
                payer.Id, -price.Amount, balance, call.Id.Value, "node:" + call.Node, key.Direction, CallingCodes.CountryOf(call.User),
                billed));
            Added.Add(new Volume(key.Account, key.Direction, key.Month, billed));
        }
        return (call with { Price = price }, payer);
    }

    /// <summary>The volume that includes a call that is billed.</summary>
    public static (string Account, string Direction, DateOnly Month) VolumeOf(CallRecord call) => (
        call.Funding!.Account, WireName.Of(call.Direction), new(call.StartedAt.UtcDateTime.Year, call.StartedAt.UtcDateTime.Month, 1));
}
