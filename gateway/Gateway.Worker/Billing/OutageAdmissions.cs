using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Balances;
using Gateway.Calls.Rating;
using Gateway.Storage.Accounts;
using Gateway.Storage.Channels;

namespace Gateway.Worker.Billing;

/// <summary>The last known state of a channel, of the paying account, and of its prices.</summary>
internal sealed record KnownChannel(StoredChannel Channel, Account? Account, RateTable? Rates);

/// <summary>
/// Admission from memory while PostgreSQL is unavailable: by the last known facts and the holds of this node alone, which together stay
/// below the last known available money and the cap. Other nodes do the same, so an account may be overdrawn by one cap per node.
/// Thread-safe.
/// </summary>
/// <param name="cap">That in force: the part of an account's money that one outage may take.</param>
internal sealed class OutageAdmissions(Func<decimal> cap)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CallId, LocalHold> _holds = [];

    /// <summary>The money granted in this outage, by account: also to calls that have ended, since they are not charged yet.</summary>
    private readonly Dictionary<string, decimal> _granted = [];

    private Dictionary<ChannelId, KnownChannel> _known = [];

    private sealed record LocalHold(string Account, Rate Rate, decimal Free, decimal Amount);

    /// <summary>Takes the current state from the store.</summary>
    public void Learn(IEnumerable<KnownChannel> channels)
    {
        var known = channels.ToDictionary(one => one.Channel.Facts.Settings.Id);
        lock (_gate)
            _known = known;
    }

    /// <summary>Ends the outage: the store has answered, and the next one has the whole cap again.</summary>
    public void StoreIsBack()
    {
        lock (_gate)
            _granted.Clear();
    }

    /// <summary>The facts that the store would give if nothing had changed since. Null: the channel is unknown.</summary>
    public AdmissionFacts? Admit(AdmissionRequest request)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(request.Channel, out var known))
                return null;
            var facts = new AdmissionFacts(known.Channel.Facts, Contact: null, null, null, null, known.Channel.Routes);
            if (known.Account is not { } account)
                return facts;
            var granted = _granted.GetValueOrDefault(account.Id);
            var minimum = request.Direction == CallDirection.Inbound ? account.MinimumInbound : account.MinimumOutbound;
            var payer = new AccountFacts(account.Id, account.Currency, account.Balance, account.Held + granted, minimum, account.IsClosed);
            var rate = known.Rates?.Find(request.Direction, request.User, request.At);
            var held = rate is null || account.IsClosed || account.Balance < minimum
                ? null : Grant(request.Call, new LocalHold(account.Id, rate, account.Available, 0), Credit.CostOf(rate, request.FirstHold));
            return facts with { Account = payer with { Held = payer.Held + (held ?? 0) }, Rate = rate, Held = held };
        }
    }

    /// <summary>Extends the hold of a call admitted here. Null: it was not, so its hold is in PostgreSQL.</summary>
    public HoldResult? Extend(CallId call, decimal upTo)
    {
        lock (_gate)
        {
            if (!_holds.TryGetValue(call, out var hold))
                return null;
            var held = Grant(call, hold, upTo) ?? hold.Amount;
            return new HoldResult(held >= upTo ? HoldOutcome.Extended : HoldOutcome.LastPulses, held);
        }
    }

    /// <summary>The hold of a call admitted here; null: it was not.</summary>
    public decimal? HeldFor(CallId call)
    {
        lock (_gate)
            return _holds.TryGetValue(call, out var hold) ? hold.Amount : null;
    }

    /// <summary>Drops a call that has ended, or whose money is now held in PostgreSQL.</summary>
    public void Forget(CallId call)
    {
        lock (_gate)
            _holds.Remove(call);
    }

    /// <summary>Raises a hold to <paramref name="upTo"/>, or to the last whole pulse that there is room
    /// for. Null: not even the least that a call costs.</summary>
    private decimal? Grant(CallId call, LocalHold hold, decimal upTo)
    {
        var granted = _granted.GetValueOrDefault(hold.Account);
        var room = hold.Amount + Math.Min(cap(), hold.Free) - granted;
        var amount = upTo <= room ? upTo : room <= 0 ? 0 : Credit.CostOf(hold.Rate, Credit.PaidTime(hold.Rate, room));
        if (amount < hold.Amount || amount > room || amount < Credit.CostOf(hold.Rate, TimeSpan.Zero))
            return null;
        _granted[hold.Account] = granted + amount - hold.Amount;
        _holds[call] = hold with { Amount = amount };
        return amount;
    }
}
