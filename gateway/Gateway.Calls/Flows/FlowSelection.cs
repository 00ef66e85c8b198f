namespace Gateway.Calls.Flows;

/// <summary>What is known of an inbound call when its flow is picked.</summary>
/// <param name="Channel">The business number that was called.</param>
/// <param name="Number">The digits of the user's number; null where the user hides it.</param>
/// <param name="Country">Its country (ISO 3166-1 alpha-2), where it is known.</param>
/// <param name="Payloads">What the call button or link carried.</param>
/// <param name="HasLastAgent">The contact was in a call with an agent before.</param>
public sealed record FlowFacts(ChannelId Channel, string? Number, string? Country, IReadOnlyList<string> Payloads, bool HasLastAgent);

/// <summary>Picks the flow of a call.</summary>
public static class FlowSelection
{
    /// <summary>The rule that applies; null: none fits, and the channel's own routes apply.</summary>
    /// <param name="routes">All rules, in any order.</param>
    /// <param name="call">What is known of the call.</param>
    /// <param name="now">The wall clock, for the hours.</param>
    /// <param name="dice">A random number, 0 up to and without 1: chooses by weight.</param>
    public static FlowRoute? Pick(IReadOnlyList<FlowRoute> routes, FlowFacts call, DateTimeOffset now, double dice)
    {
        FlowRoute[] fitting = [.. routes.Where(route => Fits(route, call, now))];
        if (fitting.Length == 0)
            return null;
        var place = fitting.Min(route => route.Place);
        FlowRoute[] first = [.. fitting.Where(route => route.Place == place)];
        var at = dice * first.Sum(route => route.Weight);
        foreach (var route in first)
        {
            at -= route.Weight;
            if (at < 0)
                return route;
        }
        return first[^1];
    }

    /// <summary>The rule's conditions hold.</summary>
    public static bool Fits(FlowRoute route, FlowFacts call, DateTimeOffset now) =>
        (route.Channel is not { } channel || channel == call.Channel)
        && (route.Hours is not { } hours || hours.IsOpenAt(now))
        && (route.Countries.Count == 0 || call.Country is { } country && route.Countries.Contains(country))
        && (route.Prefixes.Count == 0
            || call.Number is { } number && route.Prefixes.Any(prefix => number.StartsWith(prefix, StringComparison.Ordinal)))
        && (route.Payloads.Count == 0
            || route.Payloads.Any(begin => call.Payloads.Any(payload => payload.StartsWith(begin, StringComparison.Ordinal))))
        && (route.HasLastAgent is not { } wanted || wanted == call.HasLastAgent);
}
