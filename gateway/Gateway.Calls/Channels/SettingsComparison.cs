using System.Globalization;

namespace Gateway.Calls.Channels;

/// <summary>One setting in which Meta has something else than we want.</summary>
/// <param name="Setting">The name that it has among our settings.</param>
/// <param name="Ours">What Meta should have, in words.</param>
/// <param name="Metas">What Meta has, in words.</param>
public sealed record SettingDrift(string Setting, string Ours, string Metas);

/// <summary>Between our settings and Meta's: what Meta should have, where it has something else, and what ours would be to agree with it.</summary>
public static class SettingsComparison
{
    /// <summary>Meta has no closed date; the shortest opening it takes stands for one, and our own rules refuse that minute.</summary>
    private const string ClosedFrom = "0000", ClosedUntil = "0001";

    /// <summary>What Meta should have: an icon only where contacts may call, and no holidays that have passed, since Meta refuses such.</summary>
    public static MetaSettings Wanted(ChannelSettings settings, DateTimeOffset now) => new()
    {
        Status = settings.CallingEnabled ? MetaSettings.Enabled : MetaSettings.Disabled,
        IconVisibility = settings.IconIsVisible && settings.ContactsMayCall ? MetaSettings.IconDefault : MetaSettings.IconHidden,
        IconCountries = [.. settings.IconCountries.Order(StringComparer.Ordinal)],
        CallbackPermissionStatus = settings.CallbackPermission ? MetaSettings.Enabled : MetaSettings.Disabled,
        CallHours = settings.CallHours is { } hours ? ForMeta(hours, now) : null,
    };

    /// <summary>Where <paramref name="actual"/> is not what <see cref="Wanted"/> says; empty where they agree. What Meta never told differs from nothing but "on".</summary>
    public static IReadOnlyList<SettingDrift> Compare(ChannelSettings settings, MetaSettings actual, DateTimeOffset now)
    {
        var wanted = Wanted(settings, now);
        List<SettingDrift> drift = [];
        void Note(string setting, string ours, string metas)
        {
            if (ours != metas)
                drift.Add(new SettingDrift(setting, ours, metas));
        }
        Note("callingEnabled", wanted.Status!, actual.Status ?? MetaSettings.Disabled);
        Note("iconIsVisible", wanted.IconVisibility!, actual.IconVisibility ?? MetaSettings.IconDefault);
        Note("iconCountries", Words(wanted.IconCountries), Words(actual.IconCountries));
        Note("callbackPermission", wanted.CallbackPermissionStatus!, actual.CallbackPermissionStatus ?? MetaSettings.Disabled);
        Note("callHours", Words(wanted.CallHours), Words(actual.CallHours is { } hours && CallHours.TryCreate(hours, out var known, out _) ? ForMeta(known, now) : actual.CallHours));
        return drift;
    }

    /// <summary>Our settings as they have to be to agree with Meta's; false, with the reasons, where Meta's hours are none that we could hold.</summary>
    public static bool TryAdopt(ChannelSettings settings, MetaSettings actual, out ChannelSettings adopted, out IReadOnlyList<string> errors)
    {
        CallHours? hours = null;
        errors = [];
        adopted = settings;
        if (actual.CallHours is { } document && !CallHours.TryCreate(OfMeta(document), out hours, out errors))
            return false;
        adopted = settings with
        {
            CallingEnabled = actual.Status == MetaSettings.Enabled,
            // Where contacts may not call, the icon is hidden by that.
            IconIsVisible = settings.ContactsMayCall ? actual.IconVisibility is null or MetaSettings.IconDefault : settings.IconIsVisible,
            IconCountries = actual.IconCountries,
            CallbackPermission = actual.CallbackPermissionStatus == MetaSettings.Enabled,
            CallHours = hours,
        };
        return true;
    }

    private static CallHoursDocument ForMeta(CallHours hours, DateTimeOffset now)
    {
        var today = hours.DateAt(now).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return hours.Document with
        {
            Holidays = [.. hours.Document.Holidays!.Where(holiday => string.CompareOrdinal(holiday.Date, today) >= 0)
                .Select(holiday => holiday.Open is null ? holiday with { Open = ClosedFrom, Close = ClosedUntil } : holiday)],
        };
    }

    private static CallHoursDocument OfMeta(CallHoursDocument hours) => hours with
    {
        Holidays = [.. (hours.Holidays ?? []).Select(holiday =>
            holiday is { Open: ClosedFrom, Close: ClosedUntil } ? holiday with { Open = null, Close = null } : holiday)],
    };

    private static string Words(IReadOnlyList<string> countries) => countries.Count == 0 ? "all" : string.Join(",", countries.Order(StringComparer.Ordinal));

    private static string Words(CallHoursDocument? hours) => hours is null
        ? "always"
        : string.Join("; ",
        [
            hours.TimeZone ?? "",
            .. (hours.Week ?? []).Select(entry => $"{entry.Day} {entry.Open}-{entry.Close}"),
            .. (hours.Holidays ?? []).Select(holiday => $"{holiday.Date} {holiday.Open}-{holiday.Close}"),
        ]);
}
