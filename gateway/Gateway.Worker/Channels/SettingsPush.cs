using Gateway.Calls.Channels;
using Gateway.WhatsApp.Graph;

namespace Gateway.Worker.Channels;

/// <summary>Builds the update that brings Meta to a version of our settings.</summary>
internal static class SettingsPush
{
    /// <summary>
    /// The settings that differ at Meta and that changed here since the last version it accepted: a change made at Meta is not overwritten
    /// by a change of another setting. Null: none.
    /// </summary>
    /// <param name="wanted">The desired settings.</param>
    /// <param name="actual">The settings at Meta.</param>
    /// <param name="pushed">The settings pushed for the last version that it accepted; null: all count as changed.</param>
    /// <param name="now">Holidays before it are left out.</param>
    public static CallingSettingsUpdate? Of(MetaSettings wanted, CallingSettings actual, MetaSettings? pushed, DateTimeOffset now)
    {
        var different = SettingsComparison.Compare(wanted, actual.ToMeta(), now).Select(drift => drift.Setting);
        var changed = pushed is null ? different : SettingsComparison.Compare(wanted, pushed, now).Select(drift => drift.Setting);
        var send = different.Intersect(changed).ToHashSet();
        if (send.Count == 0)
            return null;
        return new CallingSettingsUpdate
        {
            Status = send.Contains(SettingsComparison.CallingEnabled) ? wanted.Status : null,
            CallIconVisibility = send.Contains(SettingsComparison.IconIsVisible) ? wanted.IconVisibility : null,
            IconCountries = send.Contains(SettingsComparison.IconCountries) ? wanted.IconCountries : null,
            CallbackPermissionStatus = send.Contains(SettingsComparison.CallbackPermission) ? wanted.CallbackPermissionStatus : null,
            CallHours = send.Contains(SettingsComparison.Hours) ? Hours(wanted, actual) : null,
        };
    }

    /// <summary>Hours are switched off by sending Meta its own again, since it requires a time zone and a week in any case.</summary>
    private static CallHoursSetting? Hours(MetaSettings wanted, CallingSettings actual) =>
        wanted.CallHours is { } hours ? new CallHoursSetting(true, hours)
        : actual.CallHours is { } metas ? metas with { IsEnabled = false, Hours = metas.Hours with { Holidays = [] } }
        : null;
}
