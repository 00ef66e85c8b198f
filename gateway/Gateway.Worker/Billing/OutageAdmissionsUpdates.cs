using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Gateway.Storage.Accounts;
using Gateway.Storage.Channels;
using Gateway.Storage.Rating;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Billing;

/// <summary>Keeps in memory what calls need to begin without PostgreSQL, where the configuration allows that.</summary>
internal sealed class OutageAdmissionsUpdates(
    LiveOptions live, OutageAdmissions outage, ChannelStore channels, AccountStore accounts, RateStore rates, TimeProvider time,
    InstantClock clock)
{
    private const int PageRows = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private Instant _dueAt;

    /// <summary>Reads all of it anew once it is a minute old. Throws what PostgreSQL throws: the last known state stays.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        if (live.Options.Calls.WhenStoreIsUnavailable != OutagePolicy.Admit || clock.Now < _dueAt)
            return;
        var now = time.GetUtcNow();
        var known = new List<KnownChannel>();
        var tables = new Dictionary<string, RateTable>();
        foreach (var configured in live.Options.Channels)
        {
            if (await channels.FindAsync(new ChannelId(configured.PhoneNumberId), cancellation) is not { } channel)
                continue;
            var account = channel.Facts.Settings.Account is { } id ? await accounts.FindAsync(id, cancellation) : null;
            if (account?.RateCard is { } card && !tables.ContainsKey(card))
                tables[card] = await ReadAsync(card, now, cancellation);
            known.Add(new KnownChannel(channel, account, account?.RateCard is { } rated ? tables[rated] : null));
        }
        outage.Learn(known);
        _dueAt = clock.Now + Interval;
    }

    private async Task<RateTable> ReadAsync(string card, DateTimeOffset now, CancellationToken cancellation)
    {
        var all = new List<CardRate>();
        IReadOnlyList<CardRate> page;
        do
        {
            page = await rates.ListFromAsync(card, now, all.Count > 0 ? all[^1].Rate.Id : null, PageRows, cancellation);
            all.AddRange(page);
        }
        while (page.Count == PageRows);
        return new RateTable(all);
    }
}
