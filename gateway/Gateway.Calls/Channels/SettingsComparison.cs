using System.Globalization;

namespace Gateway.Calls.Channels;

/// <summary>One setting whose value at Meta differs from ours.</summary>
/// <param name="Setting">Its name among our settings.</param>
/// <param name="Ours">The value that Meta should have, in words.</param>
/// <param name="Metas">The value that Meta has, in words.</param>
public sealed record SettingDrift(string Setting, string Ours, string Metas);

/// <summary>Compares our settings with Meta's: the desired settings, the differences,
/// and our settings changed to agree with Meta's.</summary>
public static class SettingsComparison
{
    /// <summary>The names of the compared settings.</summary>
    public const string CallingEnabled = "callingEnabled", IconIsVisible = "iconIsVisible", IconCountries = "iconCountries",
        CallbackPermission = "callbackPermission", Hours = "callHours";

    /// <summary>Meta has no closed date; the shortest opening that it accepts stands
    /// for one, and our own rules refuse that minute.</summary>
    private const string ClosedFrom = "0000", ClosedUntil = "0001";

    /// <summary>The desired settings at Meta: an icon only where contacts may call,
    /// and no past holidays, since Meta refuses those.</summary>
    public static MetaSettings Wanted(ChannelSettings settings, DateTimeOffset now) => new()
    {
        Status = settings.CallingEnabled ? MetaSettings.Enabled : MetaSettings.Disabled,
        IconVisibility = settings.IconIsVisible && settings.ContactsMayCall ? MetaSettings.IconDefault : MetaSettings.IconHidden,
        IconCountries = [.. settings.IconCountries.Order(StringComparer.Ordinal)],
        CallbackPermissionStatus = settings.CallbackPermission ? MetaSettings.Enabled : MetaSettings.Disabled,
        CallHours = settings.CallHours is { } hours ? ForMeta(hours, now) : null,
    };

    /// <summary>The settings that differ from <paramref name="wanted"/>; empty where all
    /// agree. Past holidays are ignored on both sides.</summary>
    public static IReadOnlyList<SettingDrift> Compare(MetaSettings wanted, MetaSettings actual, DateTimeOffset now)
    {
        List<SettingDrift> drift = [];
        void Note(string setting, string ours, string metas)
        {
            if (ours != metas)
                drift.Add(new SettingDrift(setting, ours, metas));
        }
        Note(CallingEnabled, wanted.Status ?? MetaSettings.Disabled, actual.Status ?? MetaSettings.Disabled);
        Note(IconIsVisible, wanted.IconVisibility ?? MetaSettings.IconDefault, actual.IconVisibility ?? MetaSettings.IconDefault);
        Note(IconCountries, Words(wanted.IconCountries), Words(actual.IconCountries));
        Note(CallbackPermission, wanted.CallbackPermissionStatus ?? MetaSettings.Disabled, actual.CallbackPermissionStatus
            ?? MetaSettings.Disabled);
        Note(Hours, Words(wanted.CallHours, now), Words(actual.CallHours, now));
        return drift;
    }

    /// <summary>Changes our settings to agree with Meta's; false, with the reasons, where Meta's hours cannot be represented.</summary>
    public static bool TryAdopt(
        ChannelSettings settings, MetaSettings actual, out ChannelSettings adopted, out IReadOnlyList<string> errors)
    {
        CallHours? hours = null;
        errors = [];
        adopted = settings;
        if (actual.CallHours is { } document && !CallHours.TryCreate(OfMeta(document), out hours, out errors))
            return false;
        adopted = settings with
        {
            CallingEnabled = actual.Status == MetaSettings.Enabled,
            // Where contacts may not call, that already hides the icon.
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

    private static string Words(IReadOnlyList<string> countries) =>
        countries.Count == 0 ? "all" : string.Join(",", countries.Order(StringComparer.Ordinal));

    private static string Words(CallHoursDocument? hours, DateTimeOffset now)
    {
        if (hours is null)
            return "always";
        var shown = ForMeta(CallHours.Stored(hours), now);
        return string.Join("; ",
        [
            ZoneNames.Current(shown.TimeZone ?? ""),
            .. (shown.Week ?? []).Select(entry => $"{entry.Day} {entry.Open}-{entry.Close}"),
            .. (shown.Holidays ?? []).Select(holiday => $"{holiday.Date} {holiday.Open}-{holiday.Close}"),
        ]);
    }
}
