using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Rating;
using Gateway.Storage.Channels;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Channels;

/// <summary>
/// Keeps this node's channels and their settings at Meta in agreement: pushes what an admin changed, reads back Meta's settings, and stores
/// the differences. A difference that is not ours to push (changed at Meta) is shown and left for an admin to reconcile.
/// </summary>
/// <remarks>Changes are found by polling the versions every <see cref="Look"/>, so that no notification can be missed. Of several nodes
/// with the same channel, the one that holds its lock works on it.</remarks>
internal sealed partial class ChannelSync(
    LiveOptions live, GraphClient graph, ChannelStore channels, ChannelSyncStore store, TimeProvider time, InstantClock clock,
    ILogger<ChannelSync> logger)
{
    /// <summary>The number of channels worked on in parallel: a slow answer for one must not delay the others.</summary>
    private const int AtOnce = 4;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1), ShowNode = TimeSpan.FromMinutes(1),
    FirstRetry = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ChannelId, bool> _asked = new();
    private readonly ConcurrentDictionary<ChannelId, Failure> _failures = new();
    private Instant _shownAt;

    /// <summary>Inserts the configured numbers into the store where missing, and publishes this node's trunks to the admin API.</summary>
    public Task SeedAsync(CancellationToken cancellation) => SeedAsync(live.Options, cancellation);

    /// <summary>The same for a configuration that is to be in force.</summary>
    /// <param name="options">That configuration.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task SeedAsync(GatewayOptions options, CancellationToken cancellation)
    {
        await channels.SeedAsync(
            [.. options.Channels.Select(
                c => new SeededChannel(new ChannelId(c.PhoneNumberId), c.Number, CallingCodes.CountryOf(c.Number)))], cancellation);
        await ShowNodeAsync(options, cancellation);
    }

    /// <summary>Schedules a read of a channel's settings, whenever they were read last.</summary>
    public void Ask(ChannelId id) => _asked[id] = true;

    public void AskForAll()
    {
        foreach (var id in live.Snapshot.Channels.Keys)
            Ask(id);
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (clock.Now - _shownAt > ShowNode)
                    await ShowNodeAsync(live.Options, cancellation);
                await Parallel.ForEachAsync(
                    await DueAsync(cancellation), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
                    async (due, stop) => await SyncAsync(due, stop));
                await Task.Delay(Look, time, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // The top of the loop: a store that is unavailable now is tried again.
            {
                LogFailure(e);
                await Task.Delay(FirstRetry, time, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task<IEnumerable<ChannelGlance>> DueAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var seen = await store.LookAsync([.. live.Snapshot.Channels.Keys], now - live.Options.WhatsApp.SettingsInterval, cancellation);
        ChannelMetrics.Drifting = seen.Count(channel => channel.Drifts);
        return seen.Where(channel => (channel.IsDue || _asked.ContainsKey(channel.Id))
            && (!_failures.TryGetValue(channel.Id, out var failure) || failure.Version != channel.Version || failure.Again <= clock.Now));
    }

    private async Task SyncAsync(ChannelGlance due, CancellationToken cancellation)
    {
        await using var hold = await store.TryLockAsync(due.Id, cancellation);
        if (hold is null)
            return;
        _asked.TryRemove(due.Id, out _);
        if (await channels.FindAsync(due.Id, cancellation) is not { } channel)
            return;
        if (channel.Facts.Settings.CallHours is { Fault: { } fault })
            LogUnusableHours(due.Id, fault);
        var error = await SyncAsync(channel, cancellation);
        if (error is null)
        {
            _failures.TryRemove(due.Id, out _);
            return;
        }
        var wait = _failures.TryGetValue(due.Id, out var last) && last.Version == due.Version ? last.Wait * 2 : FirstRetry;
        wait = wait < live.Options.WhatsApp.SettingsInterval ? wait : live.Options.WhatsApp.SettingsInterval;
        _failures[due.Id] = new Failure(due.Version, wait, clock.Now + wait);
        ChannelMetrics.Synced("failed");
        LogGraphFailure(due.Id, error);
        // Meta's sentences may contain phone numbers, but this is for the admin of the number and stays in the store.
        await store.RecordFailureAsync(due.Id, $"{error}: {error.Error.Message} {error.Error.Details}".TrimEnd(), cancellation);
    }

    /// <summary>Reads, pushes what is to be pushed, and reads back. Null: success.</summary>
    private async Task<GraphError?> SyncAsync(StoredChannel channel, CancellationToken cancellation)
    {
        var (settings, now) = (channel.Facts.Settings, time.GetUtcNow());
        var number = live.GraphNumberOf(settings.Id)!;
        var read = await graph.GetSettingsAsync(number, cancellation);
        if (!read.IsSuccess)
            return read.Error;

        var wanted = SettingsComparison.Wanted(settings, now);
        var isDue = settings.IsManaged && channel.Sync.PushedVersion != settings.Version;
        GraphError? refusal = null;
        if (isDue && SettingsPush.Of(wanted, read.Value, channel.Sync.Pushed, now) is { } update)
        {
            var answer = await graph.SetSettingsAsync(number, update, cancellation);
            refusal = answer.Error;
            if (answer.IsSuccess)
            {
                LogPushed(settings.Id, settings.Version);
                read = await graph.GetSettingsAsync(number, cancellation);
                if (!read.IsSuccess)
                    return read.Error;
            }
        }
        var meta = read.Value.ToMeta();
        var drift = settings.IsManaged ? SettingsComparison.Compare(wanted, meta, now) : [];
        var restrictions = read.Value.Restrictions.Select(one => new ChannelRestriction(one.Type, one.Reason, now, one.Expires)).ToArray();
        await store.RecordAsync(
            settings.Id, meta, drift, restrictions, isDue && refusal is null ? (settings.Version, wanted) : null, now, cancellation);
        if (refusal is null)
            ChannelMetrics.Synced(isDue ? "pushed" : "read");
        return refusal;
    }

    private async Task ShowNodeAsync(GatewayOptions options, CancellationToken cancellation)
    {
        await channels.SeeNodeAsync(options.Node.Id, [.. options.Sip.AllTrunks().Select(trunk => trunk.Name)], cancellation);
        _shownAt = clock.Now;
    }

    /// <summary>A failed version waits for its back-off; a newer one is tried at once.</summary>
    private readonly record struct Failure(long Version, TimeSpan Wait, Instant Again);

    [LoggerMessage(Level = LogLevel.Information, Message = "Meta has accepted version {Version} of channel {Channel}'s settings")]
    private partial void LogPushed(ChannelId channel, long version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The settings of channel {Channel} could not be pushed or read: {Error}")]
    private partial void LogGraphFailure(ChannelId channel, GraphError error);

    /// <summary>Logged as often as the settings are read: every few minutes.</summary>
    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
            "The call hours of channel {Channel} cannot be applied, so users may call it at any time: {Fault} Set them again, or install " +
            "time zone data (tzdata, tzdata-legacy)")]
    private partial void LogUnusableHours(ChannelId channel, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Channels could not be compared with Meta's settings")]
    private partial void LogFailure(Exception e);
}
