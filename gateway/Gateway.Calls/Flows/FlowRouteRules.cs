using Gateway.Calls.Channels;

namespace Gateway.Calls.Flows;

/// <summary>Checks the list of rules that pick a flow: everything wrong with it is said at once.</summary>
public static class FlowRouteRules
{
    public const int MaxRoutes = 500;

    private const int MaxPlace = 10_000, MaxValues = 100, MaxPayload = 256;

    /// <summary>Everything wrong, in sentences that begin with where; empty: nothing.</summary>
    public static IReadOnlyList<string> Problems(
        IReadOnlyList<FlowRouteDocument> routes, IReadOnlySet<FlowId> flows, IReadOnlySet<ChannelId> channels) =>
        routes.Count > MaxRoutes
            ? [$"routes: at most {MaxRoutes} are allowed."]
            : [.. routes.SelectMany((route, i) => Of(route, flows, channels).Select(problem => $"routes[{i}].{problem}"))];

    private static IEnumerable<string> Of(FlowRouteDocument route, IReadOnlySet<FlowId> flows, IReadOnlySet<ChannelId> channels)
    {
        if (route.Place is < 0 or > MaxPlace)
            yield return $"place: {route.Place} is not from 0 to {MaxPlace}.";
        if (!flows.Contains(route.Flow))
            yield return $"flow: '{route.Flow}' is no flow.";
        if (route.Channel is { } channel && !channels.Contains(channel))
            yield return $"channel: '{channel}' is no channel.";
        if (route.Weight is < 1 or > FlowRoute.MaxWeight)
            yield return $"weight: {route.Weight} is not from 1 to {FlowRoute.MaxWeight}.";
        if (route.Hours is { } hours && !CallHours.TryCreate(hours, out _, out var faults))
            foreach (var fault in faults)
                yield return $"hours.{fault}";
        foreach (var country in Wrong(route.Countries, text => text.Length == 2 && text.All(char.IsAsciiLetterUpper)))
            yield return $"countries: '{country}' is not a country of two capital letters.";
        foreach (var prefix in Wrong(route.Prefixes, text => text.Length is > 0 and <= PhoneText.MaxDigits && text.All(char.IsAsciiDigit)))
            yield return $"prefixes: '{prefix}' is not 1 to {PhoneText.MaxDigits} digits.";
        foreach (var payload in Wrong(route.Payloads, text => text.Length is > 0 and <= MaxPayload))
            yield return $"payloads: '{payload}' has not 1 to {MaxPayload} characters.";
        if (new[] { route.Countries, route.Prefixes, route.Payloads }.Any(list => list?.Count > MaxValues))
            yield return $"countries, prefixes, payloads: at most {MaxValues} of each are allowed.";
    }

    private static IEnumerable<string> Wrong(IReadOnlyList<string>? values, Func<string, bool> isRight) =>
        (values ?? []).Where(value => !isRight(value));
}
