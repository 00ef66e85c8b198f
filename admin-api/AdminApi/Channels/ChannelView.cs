using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;

namespace AdminApi.Channels;

/// <summary>A business number: what its admin wants, what Meta has, and what comes of both right now.</summary>
/// <param name="Number">Digits with country code; set in the gateway's configuration.</param>
/// <param name="Country">Of the number, ISO 3166-1 alpha-2; null where it has none.</param>
/// <param name="Account">Who pays; null: its calls are not billed.</param>
/// <param name="CallHours">When users may call; null: always.</param>
/// <param name="CallHoursFault">Why the stored hours cannot be applied here, so that users may call at any time until they are set anew; null where they can.</param>
/// <param name="IsManaged">False: nothing is pushed to Meta.</param>
/// <param name="Routes">Where its calls go, in this order; empty: as the gateway's configuration says.</param>
/// <param name="Inbound">Whether users may call it now, as far as the channel goes; balance and permissions are others' to say.</param>
/// <param name="Outbound">Whether it may call users now.</param>
/// <param name="NextOpening">When the call hours begin again; null while they are open, or where they never do.</param>
/// <param name="Restrictions">What Meta forbids or warns of.</param>
public sealed record ChannelView(
    string Id, string Number, string? Country, string Name, string? Account, bool CallingEnabled, bool ContactsMayCall, bool WeMayCall, bool CallbackPermission,
    bool IconIsVisible, IReadOnlyList<string> IconCountries, CallHoursDocument? CallHours, string? CallHoursFault, bool AsksPermission, string? PermissionText,
    PermissionTemplate? PermissionTemplate, bool IsManaged, IReadOnlyList<CallRoute> Routes, DirectionView Inbound, DirectionView Outbound,
    DateTimeOffset? NextOpening, IReadOnlyList<RestrictionView> Restrictions, MetaView Meta, long Version) : IVersioned
{
    public static ChannelView Of(StoredChannel channel, DateTimeOffset now)
    {
        var settings = channel.Facts.Settings;
        var opening = settings.CallHours?.NextOpening(now);
        return new ChannelView(
            settings.Id.Value, settings.Number, channel.Country, settings.Name, settings.Account, settings.CallingEnabled, settings.ContactsMayCall,
            settings.WeMayCall, settings.CallbackPermission, settings.IconIsVisible, settings.IconCountries, settings.CallHours?.Document, settings.CallHours?.Fault,
            settings.AsksPermission, settings.PermissionText, settings.Template, settings.IsManaged, channel.Routes,
            DirectionView.Of(channel.Facts, CallDirection.Inbound, now), DirectionView.Of(channel.Facts, CallDirection.Outbound, now),
            opening > now ? opening : null, [.. channel.Facts.Restrictions.Select(one => RestrictionView.Of(one, now))], MetaView.Of(channel), settings.Version);
    }
}

/// <summary>Whether calls of one direction may begin now.</summary>
/// <param name="Cause">What a refused call's record would say; null where it may.</param>
/// <param name="Reason">The same for a person.</param>
public sealed record DirectionView(bool IsAllowed, HangupCause? Cause, string? Reason)
{
    public static DirectionView Of(ChannelFacts facts, CallDirection direction, DateTimeOffset now)
    {
        var refusal = ChannelRules.MayCall(facts, direction, now);
        return new DirectionView(refusal is null, refusal?.Cause, refusal?.Text);
    }
}

/// <summary>A restriction of Meta's, or the warning of one.</summary>
/// <param name="Type">Meta's word.</param>
/// <param name="ExpiresAt">Null: until Meta takes it back.</param>
/// <param name="Forbids">The directions in which no call may begin while it is in force; none for a warning.</param>
public sealed record RestrictionView(string Type, string? Reason, DateTimeOffset Since, DateTimeOffset? ExpiresAt, bool IsInForce, IReadOnlyList<CallDirection> Forbids)
{
    public static RestrictionView Of(ChannelRestriction restriction, DateTimeOffset now) => new(
        restriction.Type, restriction.Reason, restriction.Since, restriction.ExpiresAt, restriction.IsInForce(now),
        [.. Enum.GetValues<CallDirection>().Where(restriction.Forbids)]);
}

/// <summary>How the channel stands with Meta.</summary>
/// <param name="Settings">What Meta was last seen to have; null: not read yet.</param>
/// <param name="PushedVersion">The newest version of our settings that Meta has taken.</param>
/// <param name="IsUpToDate">Nothing waits to be pushed and nothing differs.</param>
/// <param name="Error">Why the last push or reading failed.</param>
/// <param name="Drift">What Meta has otherwise than we want; reconcile decides.</param>
public sealed record MetaView(
    MetaSettings? Settings, DateTimeOffset? ReadAt, long? PushedVersion, DateTimeOffset? PushedAt, bool IsUpToDate, string? Error, IReadOnlyList<SettingDrift> Drift)
{
    public static MetaView Of(StoredChannel channel)
    {
        var (settings, sync) = (channel.Facts.Settings, channel.Sync);
        return new MetaView(
            channel.Facts.Meta, sync.ReadAt, sync.PushedVersion, sync.PushedAt,
            sync is { Error: null, Drift.Count: 0, ReadAt: not null } && (!settings.IsManaged || sync.PushedVersion == settings.Version), sync.Error, sync.Drift);
    }
}
