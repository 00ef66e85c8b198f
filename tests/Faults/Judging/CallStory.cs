using Faults.Facts;

namespace Faults.Judging;

/// <summary>One call, put together from the facts about it.</summary>
internal sealed class CallStory(Fact.Offered offered)
{
    public string Call => offered.Call;

    public string WhatsAppId => offered.WhatsAppId;

    public DateTimeOffset OfferedAt => offered.At;

    public List<Fact.Delivered> Deliveries { get; } = [];

    public List<Fact.Acted> Actions { get; } = [];

    public List<LegStory> Legs { get; } = [];

    public DateTimeOffset? TalkedAt { get; private set; }

    public DateTimeOffset? OverAt { get; private set; }

    public void Take(Fact fact)
    {
        switch (fact)
        {
            case Fact.Delivered delivered:
                Deliveries.Add(delivered);
                break;
            case Fact.Acted acted:
                Actions.Add(acted);
                break;
            case Fact.Talked:
                TalkedAt ??= fact.At;
                break;
            case Fact.Over:
                OverAt ??= fact.At;
                break;
        }
    }

    /// <summary>The nodes that had the call at some time between two moments.</summary>
    public IEnumerable<string> OwnersWithin(DateTimeOffset from, DateTimeOffset to) => Legs.SelectMany(leg => leg.Owners.Zip(
            leg.Owners.Skip(1).Select(next => next.From).Append(leg.ReleasedAt ?? DateTimeOffset.MaxValue),
            (owner, until) => (owner.Node, owner.From, Until: until)))
        .Where(owner => owner.From <= to && owner.Until >= from).Select(owner => owner.Node);
}
