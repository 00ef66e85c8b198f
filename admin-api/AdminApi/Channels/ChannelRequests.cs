using AdminApi.Platform;
using Gateway.Calls.Channels;

namespace AdminApi.Channels;

/// <summary>The members of a channel to change; those left out stay unchanged.</summary>
/// <param name="ContactsMayCall">False still lets us call them, and hides the icon.</param>
/// <param name="CallbackPermission">A user's call permits a call back.</param>
/// <param name="IconCountries">Countries (ISO 3166-1 alpha-2) whose users see the icon; empty: all.</param>
/// <param name="AsksPermission">An agent's call to a user who has not permitted it sends the user a request.</param>
/// <param name="MaxCallSeconds">An answered call ends after so many seconds, 60 to 86400; 0: only when somebody hangs up.</param>
/// <param name="IsManaged">True from the first change of a setting that Meta has too; false: nothing is pushed to Meta.</param>
public sealed record ChannelPatch(
    string? Name = null, bool? CallingEnabled = null, bool? ContactsMayCall = null, bool? WeMayCall = null, bool? CallbackPermission = null,
    bool? IconIsVisible = null, IReadOnlyList<string>? IconCountries = null, bool? AsksPermission = null, bool? IsManaged = null,
    int? MaxCallSeconds = null)
{
    private bool IsMetas =>
        CallingEnabled is not null || CallbackPermission is not null || IconIsVisible is not null || IconCountries is not null;

    public void CheckWith(Check check)
    {
        check.That(Name is null
            || (Name.Length <= 200 && !Name.Any(char.IsControl)), "name", "Must be at most 200 characters, without control characters.");
        check.That(MaxCallSeconds is null or 0 or (>= 60 and <= 86_400), "maxCallSeconds", "Must be 0, or from 60 to 86400.");
        check.That(IconCountries is null
            || IconCountries.All(CallingCountriesApi.IsCountry), "iconCountries", "Must be ISO 3166-1 alpha-2 codes, such as BR.");
        check.That(IconCountries is null
            || IconCountries.Distinct().Count() == IconCountries.Count, "iconCountries", "Must name each country once.");
    }

    public ChannelSettings ApplyTo(ChannelSettings settings, MetaSettings? metas)
    {
        var start = IsMetas || IsManaged == true ? Managed(settings, metas) : settings;
        return start with
        {
            Name = Name ?? start.Name,
            CallingEnabled = CallingEnabled ?? start.CallingEnabled,
            ContactsMayCall = ContactsMayCall ?? start.ContactsMayCall,
            WeMayCall = WeMayCall ?? start.WeMayCall,
            CallbackPermission = CallbackPermission ?? start.CallbackPermission,
            IconIsVisible = IconIsVisible ?? start.IconIsVisible,
            IconCountries = IconCountries ?? start.IconCountries,
            AsksPermission = AsksPermission ?? start.AsksPermission,
            MaxCallSeconds = MaxCallSeconds is { } seconds ? seconds > 0 ? seconds : null : start.MaxCallSeconds,
            IsManaged = IsManaged ?? start.IsManaged,
        };
    }

    /// <summary>The settings to push from now on. Those not decided yet are taken from Meta,
    /// so that the first change pushes only itself.</summary>
    public static ChannelSettings Managed(ChannelSettings settings, MetaSettings? metas)
    {
        if (settings.IsManaged)
            return settings;
        var start = metas is not null && SettingsComparison.TryAdopt(settings, metas, out var adopted, out _) ? adopted : settings;
        return start with { IsManaged = true };
    }
}

/// <summary>The account that pays for a channel's calls.</summary>
/// <param name="Account">An open account with a rate card; null: its calls are not billed.</param>
public sealed record ChannelAccountRequest(string? Account);

/// <summary>The request by which a channel asks users for permission to be called.</summary>
/// <param name="Text">The text of the request in an open conversation window; null: Meta's own text.</param>
/// <param name="Template">The template that is sent where no window is open; null: then no request can be sent.</param>
public sealed record PermissionPromptRequest(string? Text, PermissionTemplate? Template)
{
    public void CheckWith(Check check)
    {
        check.That(Text is null || (Text.Length is > 0 and <= 1024 && !Text.Contains('\0')), "text", "Must be 1 to 1024 characters.");
        check.That(Template is null || (Template.Name.Length is > 0 and <= 512
            && Template.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')),
            "template.name", "Must be lower-case letters, digits and '_', at most 512.");
        check.That(Template is null
            || (Template.Language.Length is > 0 and <= 15 && Template.Language.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')),
            "template.language", "Must be one of Meta's language codes, such as en_US.");
    }
}

/// <summary>The routes of a channel's calls.</summary>
/// <param name="Items">The whole list, tried in this order; empty: by the gateway's configuration.</param>
public sealed record RoutesRequest(IReadOnlyList<CallRoute> Items)
{
    private const int MaxRoutes = 32;

    /// <param name="check">Collects the errors.</param>
    /// <param name="trunks">The trunks of all running nodes; empty where none is known, so that names cannot be checked.</param>
    public void CheckWith(Check check, IReadOnlyCollection<string> trunks)
    {
        check.That(Items.Count <= MaxRoutes, "items", $"Must have at most {MaxRoutes} routes.");
        foreach (var (route, i) in Items.Take(MaxRoutes).Select((route, i) => (route, i)))
        {
            var isNamed = check.That(route.Trunk is { Length: > 0 and <= 64 }, $"items[{i}].trunk", "Must be a trunk's name.");
            check.That(!isNamed || trunks.Count == 0 || trunks.Contains(route.Trunk), $"items[{i}].trunk",
                $"No running gateway has a trunk of this name; available: {string.Join(", ", trunks.Order())}.");
            check.That(route.Target is null || (route.Target.Length is > 0 and <= 128 && route.Target.All(c => c is > ' ' and < '\x7f')),
                $"items[{i}].target", "Must be 1 to 128 ASCII characters without spaces, or null.");
        }
    }
}

/// <summary>The side whose settings apply where the two differ.</summary>
public sealed record ReconcileRequest(ReconcileDirection Direction);

public enum ReconcileDirection
{
    /// <summary>Our settings replace Meta's.</summary>
    Push,

    /// <summary>Meta's settings replace ours.</summary>
    Adopt,
}
