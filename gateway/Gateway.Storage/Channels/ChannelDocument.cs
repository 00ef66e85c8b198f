using Gateway.Calls;
using Gateway.Calls.Channels;

namespace Gateway.Storage.Channels;

/// <summary>
/// A channel's settings as JSON: read by <see cref="ChannelFactsColumn"/> and kept in the audit log. Call hours are
/// <see cref="CallHoursDocument"/>, the settings at Meta are <see cref="MetaSettings"/>, drift is a list of <see cref="SettingDrift"/>.
/// </summary>
public sealed record ChannelDocument(
    string Id,
    string Number,
    string Name,
    string? Account,
    bool CallingEnabled,
    bool ContactsMayCall,
    bool WeMayCall,
    bool CallbackPermission,
    bool IconIsVisible,
    IReadOnlyList<string> IconCountries,
    CallHoursDocument? CallHours,
    int? MaxCallSeconds,
    bool AsksPermission,
    string? PermissionText,
    PermissionTemplate? Template,
    bool IsManaged,
    long Version)
{
    public static ChannelDocument Of(ChannelSettings settings) => new(
        settings.Id.Value, settings.Number, settings.Name, settings.Account, settings.CallingEnabled, settings.ContactsMayCall,
        settings.WeMayCall, settings.CallbackPermission, settings.IconIsVisible, settings.IconCountries, settings.CallHours?.Document,
        settings.MaxCallSeconds, settings.AsksPermission, settings.PermissionText, settings.Template, settings.IsManaged, settings.Version);

    public ChannelSettings ToSettings() => new()
    {
        Id = new ChannelId(Id),
        Number = Number,
        Name = Name,
        Account = Account,
        CallingEnabled = CallingEnabled,
        ContactsMayCall = ContactsMayCall,
        WeMayCall = WeMayCall,
        CallbackPermission = CallbackPermission,
        IconIsVisible = IconIsVisible,
        IconCountries = IconCountries,
        CallHours = CallHours is null ? null : Gateway.Calls.Channels.CallHours.Stored(CallHours),
        MaxCallSeconds = MaxCallSeconds,
        AsksPermission = AsksPermission,
        PermissionText = PermissionText,
        Template = Template,
        IsManaged = IsManaged,
        Version = Version,
    };
}
