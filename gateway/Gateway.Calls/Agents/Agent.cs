using System.Text.Json.Serialization;

namespace Gateway.Calls.Agents;

/// <summary>Who answers calls: a person with one or more phones, in groups.</summary>
/// <param name="Id">The name in the store.</param>
/// <param name="Name">The name that people read.</param>
/// <param name="Groups">The groups that the agent belongs to, each once.</param>
/// <param name="Phones">The phones that ring together when the agent is rung; at most <see cref="MaxPhones"/>.</param>
/// <param name="Channel">The channel that the agent's own calls go out by; null: that of the trunk.</param>
public sealed record Agent(
    AgentId Id, string Name, IReadOnlyList<AgentMembership> Groups, IReadOnlyList<AgentPhone> Phones, ChannelId? Channel = null)
{
    public const int MaxPhones = 5, MaxGroups = 50;

    /// <summary>Incremented with each change.</summary>
    public long Version { get; init; } = 1;

    /// <summary>What names the first phone: its extension, or the user of a registered one. Null: the agent has no such phone.</summary>
    /// <param name="trunk">Only the extension at this trunk; null: any phone.</param>
    public string? NumberAt(string? trunk) => Phones.Select(phone => phone switch
    {
        AgentPhone.Extension extension when trunk is null || extension.Trunk == trunk => extension.Number,
        AgentPhone.Registered registered when trunk is null => registered.User,
        _ => null,
    }).FirstOrDefault(number => number is not null);
}

/// <param name="Group">The group.</param>
/// <param name="Skill">How well the agent serves it, 1 to 100: the higher is rung first where a step says so.</param>
/// <param name="Order">The place in the group where agents are rung in order: the lower first.</param>
public sealed record AgentMembership(GroupId Group, int Skill = 1, int Order = 0)
{
    public const int MaxSkill = 100;
}

/// <summary>A phone of an agent: a closed family.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Extension), "extension")]
[JsonDerivedType(typeof(Registered), "registered")]
public abstract record AgentPhone
{
    private AgentPhone() { }

    /// <summary>An extension of a PBX, dialled through a trunk.</summary>
    /// <param name="Trunk">The trunk's configured name.</param>
    /// <param name="Number">The extension there.</param>
    /// <param name="Watched">The PBX is asked whether the extension is in a call that the gateway does not carry (RFC 4235).</param>
    public sealed record Extension(string Trunk, string Number, bool Watched = false) : AgentPhone;

    /// <summary>A phone that registers at the gateway itself.</summary>
    /// <param name="User">The user part of its address of record.</param>
    public sealed record Registered(string User) : AgentPhone;
}

/// <summary>Agents who serve the same calls.</summary>
/// <param name="Id">The name in the store.</param>
/// <param name="Name">The name that people read.</param>
/// <param name="WrapUp">The time after a call in which the agent is not rung again.</param>
/// <param name="AnswerWithin">The time within which a caller should be answered: the service level is the share that was.</param>
public sealed record AgentGroup(GroupId Id, string Name, TimeSpan WrapUp, TimeSpan AnswerWithin)
{
    /// <summary>Incremented with each change.</summary>
    public long Version { get; init; } = 1;
}
