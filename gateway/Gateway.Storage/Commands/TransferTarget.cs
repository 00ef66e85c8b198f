using System.Text.Json.Serialization;
using Gateway.Calls;

namespace Gateway.Storage.Commands;

/// <summary>To whom a call is transferred: a closed family.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ToAgent), "agent")]
[JsonDerivedType(typeof(ToGroup), "group")]
[JsonDerivedType(typeof(ToFlow), "flow")]
[JsonDerivedType(typeof(ToPbx), "pbx")]
public abstract record TransferTarget
{
    private TransferTarget() { }

    /// <summary>Rings an agent's phones.</summary>
    public sealed record ToAgent(AgentId Agent) : TransferTarget;

    /// <summary>Waits in a group's queue.</summary>
    public sealed record ToGroup(GroupId Group) : TransferTarget;

    /// <summary>Goes through a flow from its start.</summary>
    public sealed record ToFlow(FlowId Flow) : TransferTarget;

    /// <summary>Dials a number at a PBX.</summary>
    public sealed record ToPbx(string Trunk, string Target) : TransferTarget;
}
