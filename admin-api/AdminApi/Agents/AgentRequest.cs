using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;

namespace AdminApi.Agents;

/// <summary>A new agent.</summary>
/// <param name="Id">1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit; never changes.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Groups">The groups that the agent belongs to.</param>
/// <param name="Phones">The phones that ring together, at most 5.</param>
/// <param name="Channel">The business number that the agent's own calls go out by; null: that of the trunk.</param>
public sealed record NewAgent(
    string Id, string Name, IReadOnlyList<AgentMembership>? Groups = null, IReadOnlyList<AgentPhone>? Phones = null, string? Channel = null)
{
    public AgentRequest Rest => new(Name, Groups, Phones, Channel);
}

/// <summary>The whole of an agent.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Groups">The groups that the agent belongs to.</param>
/// <param name="Phones">The phones that ring together, at most 5.</param>
/// <param name="Channel">The business number that the agent's own calls go out by; null: that of the trunk.</param>
public sealed record AgentRequest(
    string Name, IReadOnlyList<AgentMembership>? Groups = null, IReadOnlyList<AgentPhone>? Phones = null, string? Channel = null)
{
    private const string PhoneRule = "Must be 1 to 64 letters, digits and -_.+*# without spaces.";

    public Agent ToAgent(string id) =>
        new(new AgentId(id), Name, Groups ?? [], Phones ?? [], Channel is null ? null : new ChannelId(Channel));

    public void CheckWith(Check check)
    {
        check.That(Names.IsName(Name), "name", Names.NameRule);
        var groups = Groups ?? [];
        check.That(groups.Count <= Agent.MaxGroups, "groups", $"Must be at most {Agent.MaxGroups}.");
        check.That(groups.DistinctBy(one => one.Group).Count() == groups.Count, "groups", "Must name each group once.");
        check.That(groups.All(one => one.Skill is >= 1 and <= AgentMembership.MaxSkill), "groups", "A skill is from 1 to 100.");
        var phones = Phones ?? [];
        check.That(phones.Count <= Agent.MaxPhones, "phones", $"Must be at most {Agent.MaxPhones}.");
        check.That(phones.Select(KeyOf).Distinct().Count() == phones.Count, "phones", "Must name each phone once.");
        foreach (var (phone, i) in phones.Take(Agent.MaxPhones).Select((phone, i) => (phone, i)))
        {
            if (phone is AgentPhone.Extension extension)
            {
                check.That(extension.Trunk is { Length: > 0 and <= 64 }, $"phones[{i}].trunk", "Must be a trunk's name.");
                check.That(IsDialled(extension.Number), $"phones[{i}].number", PhoneRule);
            }
            else if (phone is AgentPhone.Registered registered)
            {
                check.That(IsDialled(registered.User), $"phones[{i}].user", PhoneRule);
            }
        }
    }

    private static (string?, string?) KeyOf(AgentPhone phone) => phone switch
    {
        AgentPhone.Extension extension => (extension.Trunk, extension.Number),
        AgentPhone.Registered registered => (null, registered.User),
        _ => default,
    };

    private static bool IsDialled(string? text) =>
        text is { Length: > 0 and <= 64 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+' or '*' or '#');
}
