using Gateway.Calls.Channels;

namespace Gateway.Calls.Flows;

/// <summary>A rule that picks a flow (<see cref="FlowRoute"/>), not yet checked: the JSON of the store and of the admin API.</summary>
/// <param name="Place">The lower is tried first; rules of the same place share by weight.</param>
/// <param name="Flow">The flow.</param>
/// <param name="Channel">Of this channel only, by Meta's phone_number_id; null: of any.</param>
/// <param name="Hours">Within these hours only; null: always.</param>
/// <param name="Countries">The country of the user's number (ISO 3166-1 alpha-2) is one of these; none: any.</param>
/// <param name="Prefixes">The user's number begins with one of these digits; none: any.</param>
/// <param name="Payloads">The payload of the call button or link begins with one of these; none: any.</param>
/// <param name="HasLastAgent">The contact was in a call with an agent before; null: no matter.</param>
/// <param name="Weight">The share among the rules of the same place that fit, 1 to 1000.</param>
public sealed record FlowRouteDocument(
    int Place, FlowId Flow, ChannelId? Channel = null, CallHoursDocument? Hours = null, IReadOnlyList<string>? Countries = null,
    IReadOnlyList<string>? Prefixes = null, IReadOnlyList<string>? Payloads = null, bool? HasLastAgent = null, int Weight = 1)
{
    /// <summary>The rule; hours that this machine cannot apply never close (<see cref="CallHours.Stored"/>).</summary>
    public FlowRoute ToRoute() => new(Place, Flow)
    {
        Channel = Channel,
        Hours = Hours is null ? null : CallHours.Stored(Hours),
        Countries = Countries ?? [],
        Prefixes = Prefixes ?? [],
        Payloads = Payloads ?? [],
        HasLastAgent = HasLastAgent,
        Weight = Weight,
    };
}
