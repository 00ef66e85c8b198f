using Gateway.Calls.Channels;
using Gateway.WhatsApp.Graph;

namespace Gateway.Worker.Channels;

/// <summary>What has to be sent so that Meta has a version of our settings.</summary>
internal static class SettingsPush
{
    /// <summary>
    /// The settings in which Meta differs from what it should have, and that changed since the last version it took: what somebody changed at
    /// Meta meanwhile is not overwritten by a change of something else. Null: nothing.
    /// </summary>
    /// <param name="wanted">What Meta should have.</param>
    /// <param name="actual">What it has.</param>
    /// <param name="pushed">What it should have had by the last version that it took; null: all counts as changed.</param>
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

    /// <summary>Hours are switched off by sending Meta its own again, since it wants a time zone and a week with them in any case.</summary>
    private static CallHoursSetting? Hours(MetaSettings wanted, CallingSettings actual) =>
        wanted.CallHours is { } hours ? new CallHoursSetting(true, hours)
        : actual.CallHours is { } metas ? metas with { IsEnabled = false, Hours = metas.Hours with { Holidays = [] } }
        : null;
}
