using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Flows;

namespace Gateway.Storage.Directory;

/// <summary>A version of a flow.</summary>
/// <param name="Flow">The flow as it was saved.</param>
/// <param name="IsCurrent">True for the version that new calls get.</param>
/// <param name="SavedAt">When it was saved.</param>
/// <param name="SavedBy">The author.</param>
public sealed record StoredFlow(Flow Flow, bool IsCurrent, DateTimeOffset SavedAt, string SavedBy);

/// <summary>A row of flow_versions.</summary>
internal sealed record FlowRow
{
    /// <summary>For the tables flow_versions v and flows f.</summary>
    public const string Columns =
        """
        v.flow, v.version, v.document::text AS Document, f.version = v.version AND f.deleted_at IS NULL AS IsCurrent,
        v.created_at AS CreatedAt, v.created_by AS CreatedBy
        """;

    public string Flow { get; init; } = "";
    public long Version { get; init; }
    public string Document { get; init; } = "";
    public bool IsCurrent { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public string CreatedBy { get; init; } = "";

    public Flow ToFlow() =>
        JsonSerializer.Deserialize<Flow>(Document, JsonText.Options)! with { Id = new FlowId(Flow), Version = Version };

    public StoredFlow ToStored() => new(ToFlow(), IsCurrent, CreatedAt, CreatedBy);
}
