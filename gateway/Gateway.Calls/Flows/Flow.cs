using Gateway.Calls.Channels;

namespace Gateway.Calls.Flows;

/// <summary>The way of an inbound call to whoever answers it: named steps, data that an admin edits. A call keeps the version that it began
/// with.</summary>
/// <param name="Id">The name in the store.</param>
/// <param name="Name">The name that people read.</param>
/// <param name="Start">The step that a call begins with.</param>
/// <param name="Steps">The steps by name; checked by <see cref="FlowRules"/>.</param>
public sealed record Flow(FlowId Id, string Name, string Start, IReadOnlyDictionary<string, FlowStep> Steps)
{
    public const int MaxSteps = 100;

    /// <summary>The language of the audio files that the caller hears (BCP 47).</summary>
    public string Language { get; init; } = "en";

    /// <summary>Other languages, by the country of the user's number (ISO 3166-1 alpha-2).</summary>
    public IReadOnlyDictionary<string, string> Languages { get; init; } = new Dictionary<string, string>();

    /// <summary>Incremented with each change.</summary>
    public long Version { get; init; } = 1;

    /// <summary>The flow of a channel that has none: its routes, one after the other.</summary>
    public static Flow ToPbx(IReadOnlyList<CallRoute> routes) => new(
        new FlowId(""), "", "pbx", new Dictionary<string, FlowStep>
        {
            ["pbx"] = new FlowStep.Pbx([.. routes.Select((route, place) => new PbxTarget(route.Trunk, route.Target, place))]),
        });
}

/// <summary>The rule by which a call is given a flow: the first that fits, by place; of several at one place one by weight.</summary>
/// <param name="Place">The lower is tried first.</param>
/// <param name="Flow">The flow.</param>
public sealed record FlowRoute(int Place, FlowId Flow)
{
    public const int MaxWeight = 1000;

    /// <summary>Of this channel only; null: of any.</summary>
    public ChannelId? Channel { get; init; }

    /// <summary>Within these hours only; null: always.</summary>
    public CallHours? Hours { get; init; }

    /// <summary>The country of the user's number (ISO 3166-1 alpha-2) is one of these; empty: any.</summary>
    public IReadOnlyList<string> Countries { get; init; } = [];

    /// <summary>The user's number begins with one of these digits; empty: any.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>The payload of the call button or link begins with one of these; empty: any, and none.</summary>
    public IReadOnlyList<string> Payloads { get; init; } = [];

    /// <summary>The contact was in a call with an agent before; null: no matter.</summary>
    public bool? HasLastAgent { get; init; }

    /// <summary>The share among the rules of the same place that fit, 1 to <see cref="MaxWeight"/>.</summary>
    public int Weight { get; init; } = 1;
}
