using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;

namespace AdminApi.Channels;

/// <summary>A business number: its settings, those at Meta, and the resulting state now.</summary>
/// <param name="Number">Digits with country code; set in the gateway's configuration.</param>
/// <param name="Country">The country of the number, ISO 3166-1 alpha-2; null where it has none.</param>
/// <param name="Account">The paying account; null: its calls are not billed.</param>
/// <param name="CallHours">The hours in which users may call; null: always.</param>
/// <param name="CallHoursFault">The reason why stored hours cannot be applied, so that users may call at any time; else null.</param>
/// <param name="IsManaged">False: nothing is pushed to Meta.</param>
/// <param name="Routes">The routes of its calls, in this order; empty: by the gateway's configuration.</param>
/// <param name="Inbound">The state of calls by users, as far as the channel decides: without balance and permissions.</param>
/// <param name="Outbound">The state of calls to users.</param>
/// <param name="NextOpening">The next start of the call hours; null while they are open, or where they never start.</param>
/// <param name="MaxCallSeconds">An answered call ends after so many seconds; null: only when somebody hangs up.</param>
/// <param name="Restrictions">Meta's restrictions and warnings.</param>
public sealed record ChannelView(
    string Id, string Number, string? Country, string Name, string? Account, bool CallingEnabled, bool ContactsMayCall, bool WeMayCall,
    bool CallbackPermission, bool IconIsVisible, IReadOnlyList<string> IconCountries, CallHoursDocument? CallHours, string? CallHoursFault,
    bool AsksPermission, string? PermissionText, PermissionTemplate? PermissionTemplate, bool IsManaged, IReadOnlyList<CallRoute> Routes,
    DirectionView Inbound, DirectionView Outbound, DateTimeOffset? NextOpening, IReadOnlyList<RestrictionView> Restrictions, MetaView Meta,
    int? MaxCallSeconds, long Version) : IVersioned
{
    public static ChannelView Of(StoredChannel channel, DateTimeOffset now)
    {
        var settings = channel.Facts.Settings;
        var opening = settings.CallHours?.NextOpening(now);
        return new ChannelView(
            settings.Id.Value, settings.Number, channel.Country, settings.Name, settings.Account, settings.CallingEnabled,
            settings.ContactsMayCall, settings.WeMayCall, settings.CallbackPermission, settings.IconIsVisible, settings.IconCountries,
            settings.CallHours?.Document, settings.CallHours?.Fault, settings.AsksPermission, settings.PermissionText, settings.Template,
            settings.IsManaged, channel.Routes, DirectionView.Of(channel.Facts, CallDirection.Inbound, now),
            DirectionView.Of(channel.Facts, CallDirection.Outbound, now), opening > now ? opening : null,
            [.. channel.Facts.Restrictions.Select(one => RestrictionView.Of(one, now))], MetaView.Of(channel),
            settings.MaxCallSeconds, settings.Version);
    }
}

/// <summary>The state of one direction: whether calls may begin now.</summary>
/// <param name="Cause">The cause in the record of a refused call; null where calls may begin.</param>
/// <param name="Reason">The same as a sentence.</param>
public sealed record DirectionView(bool IsAllowed, HangupCause? Cause, string? Reason)
{
    public static DirectionView Of(ChannelFacts facts, CallDirection direction, DateTimeOffset now)
    {
        var refusal = ChannelRules.MayCall(facts, direction, now);
        return new DirectionView(refusal is null, refusal?.Cause, refusal?.Text);
    }
}

/// <summary>A restriction by Meta, or the warning of one.</summary>
/// <param name="Type">Meta's name.</param>
/// <param name="ExpiresAt">Null: until Meta lifts it.</param>
/// <param name="Forbids">The directions in which no call may begin while it is in force; none for a warning.</param>
public sealed record RestrictionView(
    string Type, string? Reason, DateTimeOffset Since, DateTimeOffset? ExpiresAt, bool IsInForce, IReadOnlyList<CallDirection> Forbids)
{
    public static RestrictionView Of(ChannelRestriction restriction, DateTimeOffset now) => new(
        restriction.Type, restriction.Reason, restriction.Since, restriction.ExpiresAt, restriction.IsInForce(now),
        [.. Enum.GetValues<CallDirection>().Where(restriction.Forbids)]);
}

/// <summary>The state of the channel's synchronisation with Meta.</summary>
/// <param name="Settings">The settings last seen at Meta; null: not read yet.</param>
/// <param name="PushedVersion">The newest version of our settings that Meta has accepted.</param>
/// <param name="IsUpToDate">True where nothing waits to be pushed and nothing differs.</param>
/// <param name="Error">The reason why the last push or read failed.</param>
/// <param name="Drift">The settings that differ at Meta; resolved by reconcile.</param>
public sealed record MetaView(
    MetaSettings? Settings, DateTimeOffset? ReadAt, long? PushedVersion, DateTimeOffset? PushedAt, bool IsUpToDate, string? Error,
    IReadOnlyList<SettingDrift> Drift)
{
    public static MetaView Of(StoredChannel channel)
    {
        var (settings, sync) = (channel.Facts.Settings, channel.Sync);
        return new MetaView(
            channel.Facts.Meta, sync.ReadAt, sync.PushedVersion, sync.PushedAt,
            sync is { Error: null, Drift.Count: 0, ReadAt: not null } && (!settings.IsManaged || sync.PushedVersion == settings.Version),
            sync.Error, sync.Drift);
    }
}
