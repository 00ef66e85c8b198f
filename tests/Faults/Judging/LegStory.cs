using Faults.Facts;

namespace Faults.Judging;

/// <summary>One phone's part in a call, put together from the facts about it.</summary>
internal sealed class LegStory(Fact.Rang rang)
{
    private readonly List<(DateTimeOffset From, string Node)> _owners = [(rang.At, rang.Node)];
    private bool _wasTalkedOn = true;

    public string Id => rang.Leg;

    public string Phone => rang.Phone;

    public string Call => rang.Call;

    public DateTimeOffset RangAt => rang.At;

    public DateTimeOffset? PickedUpAt { get; private set; }

    public DateTimeOffset? ReleasedAt { get; private set; }

    /// <summary>The nodes that had it, each from when on.</summary>
    public IReadOnlyList<(DateTimeOffset From, string Node)> Owners => _owners;

    public void Take(Fact fact)
    {
        switch (fact)
        {
            case Fact.PickedUp:
                PickedUpAt ??= fact.At;
                break;
            case Fact.Moved moved:
                _owners.Add((moved.At, moved.Node));
                break;
            case Fact.Released released:
                ReleasedAt ??= fact.At;
                _wasTalkedOn = released.By != Fact.Released.Unacknowledged;
                break;
        }
    }

    /// <summary>The time in which the phone was in the call; null: it never was.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? Talk(DateTimeOffset end) =>
        PickedUpAt is { } from && _wasTalkedOn ? (from, ReleasedAt ?? end) : null;
}
