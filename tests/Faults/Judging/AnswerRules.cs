namespace Faults.Judging;

/// <summary>No call is answered twice, and nobody who is busy answers one.</summary>
internal static class AnswerRules
{
    public const string Twice = "answered twice", Busy = "answered by a busy agent";

    /// <summary>Phones that pick up beside the first are let go within this.</summary>
    private static readonly TimeSpan LettingGo = TimeSpan.FromSeconds(5);

    /// <summary>Where the node stood still or died meanwhile: as long as everything else that is left over may last.</summary>
    private static readonly TimeSpan LettingGoLate = TimeSpan.FromSeconds(60);

    public static IEnumerable<Finding> Check(RunStory story) =>
        story.Calls.SelectMany(call => Accepts(call).Concat(Phones(story, call))).Concat(Agents(story));

    private static IEnumerable<Finding> Accepts(CallStory call)
    {
        var accepted = call.Actions.Count(action => action is { Action: "accept", Succeeded: true });
        if (accepted > 1)
            yield return new Finding(Twice, call.Call, $"accepted {accepted} times");
    }

    private static IEnumerable<Finding> Phones(RunStory story, CallStory call)
    {
        foreach (var (one, other, both) in Together(story, call.Legs))
        {
            var isDisturbed = story.Stops(call, both.From - LettingGo, both.To).Any();
            if (both.To - both.From > (isDisturbed ? LettingGoLate : LettingGo))
                yield return new Finding(
                    Twice, call.Call,
                    $"the phones {one.Phone} and {other.Phone} both had it for {(both.To - both.From).TotalSeconds:0.0} s");
        }
    }

    private static IEnumerable<Finding> Agents(RunStory story) =>
        from phone in story.Legs.GroupBy(leg => leg.Phone)
        from pair in Together(story, [.. phone])
        where pair.One.Call != pair.Other.Call
        select new Finding(
            Busy, phone.Key, $"was in the calls of {pair.One.Call} and {pair.Other.Call} at {pair.Both.From:HH:mm:ss.fff}, for "
                + $"{(pair.Both.To - pair.Both.From).TotalSeconds:0.0} s");

    /// <summary>Pairs of legs that were talked on at one moment.</summary>
    private static IEnumerable<(LegStory One, LegStory Other, (DateTimeOffset From, DateTimeOffset To) Both)> Together(
        RunStory story, IReadOnlyList<LegStory> legs)
    {
        for (var i = 0; i < legs.Count; i++)
            for (var j = i + 1; j < legs.Count; j++)
                if (legs[i].Talk(story.End) is { } one && legs[j].Talk(story.End) is { } other)
                {
                    var from = one.From > other.From ? one.From : other.From;
                    var to = one.To < other.To ? one.To : other.To;
                    if (from < to)
                        yield return (legs[i], legs[j], (from, to));
                }
    }
}
