using Faults.Facts;

namespace Faults.Judging;

/// <summary>A whole history, sorted by what its facts are about.</summary>
internal sealed class RunStory
{
    /// <summary>After a fault a node has this long to be as before.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, LegStory> _legs = [];
    private readonly Dictionary<string, CallStory> _byUser = [];

    public RunStory(IReadOnlyList<Fact> facts)
    {
        Facts = facts;
        Disturbances = [.. facts.OfType<Fact.Disturbed>()];
        TakesOver = facts.OfType<Fact.Began>().Any(began => began.TakesOver);
        End = facts.Max(fact => fact.At);
        var byWhatsAppId = new Dictionary<string, CallStory>();
        foreach (var offered in facts.OfType<Fact.Offered>())
            byWhatsAppId[offered.WhatsAppId] = _byUser[offered.Call] = new CallStory(offered);
        foreach (var fact in facts)
            Sort(fact, byWhatsAppId);
    }

    public IReadOnlyList<Fact> Facts { get; }

    /// <summary>The last moment of the history.</summary>
    public DateTimeOffset End { get; }

    public IReadOnlyCollection<CallStory> Calls => _byUser.Values;

    public IReadOnlyCollection<LegStory> Legs => _legs.Values;

    public IReadOnlyList<Fact.Disturbed> Disturbances { get; }

    public bool TakesOver { get; }

    public CallStory? Find(string call) => _byUser.GetValueOrDefault(call);

    /// <summary>Faults by which the process of a node that had the call stood still or ended between two moments.</summary>
    public IEnumerable<Fact.Disturbed> Stops(CallStory call, DateTimeOffset from, DateTimeOffset to)
    {
        var owners = call.OwnersWithin(from, to).ToHashSet();
        return Disturbances.Where(fault => FaultKinds.StopsProcess(fault.Kind) && owners.Contains(fault.Node!)
            && fault.From <= to && fault.At + Recovery >= from);
    }

    /// <summary>True where a store did not answer a node at some time between two moments, or had just come back.</summary>
    public bool LacksStore(DateTimeOffset from, DateTimeOffset to) => StoreIsBackAt(from, to) is not null;

    /// <summary>The end of the last fault of a store between two moments; null: there was none.</summary>
    public DateTimeOffset? StoreIsBackAt(DateTimeOffset from, DateTimeOffset to) => Disturbances
        .Where(fault => FaultKinds.TakesStore(fault.Kind) && fault.From <= to && fault.At + Recovery >= from)
        .Max(fault => (DateTimeOffset?)fault.At);

    /// <summary>True while a fault lasts, whatever it is, or has just ended.</summary>
    public bool IsTroubled(DateTimeOffset at) => Disturbances.Any(fault => fault.From <= at + Recovery && fault.At + Recovery >= at);

    private void Sort(Fact fact, Dictionary<string, CallStory> byWhatsAppId)
    {
        switch (fact)
        {
            case Fact.Rang rang:
                _legs[rang.Leg] = new LegStory(rang);
                Find(rang.Call)?.Legs.Add(_legs[rang.Leg]);
                break;
            case Fact.PickedUp { Leg: var leg }:
                _legs.GetValueOrDefault(leg)?.Take(fact);
                break;
            case Fact.Moved { Leg: var leg }:
                _legs.GetValueOrDefault(leg)?.Take(fact);
                break;
            case Fact.Released { Leg: var leg }:
                _legs.GetValueOrDefault(leg)?.Take(fact);
                break;
            case Fact.Delivered { WhatsAppId: var id }:
                byWhatsAppId.GetValueOrDefault(id)?.Take(fact);
                break;
            case Fact.Acted { Call: var call }:
                Find(call)?.Take(fact);
                break;
            case Fact.Talked { Call: var call }:
                Find(call)?.Take(fact);
                break;
            case Fact.Over { Call: var call }:
                Find(call)?.Take(fact);
                break;
        }
    }
}
