using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;

namespace AdminApi.Flows;

/// <summary>A new flow.</summary>
/// <param name="Id">1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit; never changes.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Start">The step that a call begins with.</param>
/// <param name="Steps">The steps by name; each has a `kind`.</param>
/// <param name="Language">The language of the audio files that the caller hears (BCP 47).</param>
/// <param name="Languages">Other languages, by the country of the user's number (ISO 3166-1 alpha-2).</param>
public sealed record NewFlow(
    string Id, string Name, string Start, IReadOnlyDictionary<string, FlowStep> Steps, string Language = "en",
    IReadOnlyDictionary<string, string>? Languages = null)
{
    public Flow ToFlow() => new FlowRequest(Name, Start, Steps, Language, Languages).ToFlow(Id);
}

/// <summary>The whole of a flow.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Start">The step that a call begins with.</param>
/// <param name="Steps">The steps by name; each has a `kind`.</param>
/// <param name="Language">The language of the audio files that the caller hears (BCP 47).</param>
/// <param name="Languages">Other languages, by the country of the user's number (ISO 3166-1 alpha-2).</param>
public sealed record FlowRequest(
    string Name, string Start, IReadOnlyDictionary<string, FlowStep> Steps, string Language = "en",
    IReadOnlyDictionary<string, string>? Languages = null)
{
    public Flow ToFlow(string id) => new(new FlowId(id), Name, Start, Steps)
    {
        Language = Language, Languages = Languages ?? new Dictionary<string, string>(),
    };
}

/// <summary>A version of a flow.</summary>
/// <param name="IsCurrent">True for the version that new calls get.</param>
/// <param name="SavedBy">The author, as in the audit log.</param>
/// <param name="Version">Of the current one the value for If-Match, in quotes.</param>
public sealed record FlowView(
    FlowId Id, string Name, string Start, IReadOnlyDictionary<string, FlowStep> Steps, string Language,
    IReadOnlyDictionary<string, string> Languages, bool IsCurrent, DateTimeOffset SavedAt, string SavedBy, long Version) : IVersioned
{
    public static FlowView Of(StoredFlow stored)
    {
        var flow = stored.Flow;
        return new FlowView(
            flow.Id, flow.Name, flow.Start, flow.Steps, flow.Language, flow.Languages, stored.IsCurrent, stored.SavedAt, stored.SavedBy,
            flow.Version);
    }
}
