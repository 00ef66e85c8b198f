using Faults.Facts;

namespace Faults.Judging;

/// <summary>The figures of a history, for people.</summary>
public static class Summary
{
    public static string Of(IReadOnlyList<Fact> history, IReadOnlyList<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var story = new RunStory(history);
        var began = history.OfType<Fact.Began>().First();
        var faults = story.Disturbances.GroupBy(fault => fault.Kind).OrderBy(kind => kind.Key).Select(kind => $"{kind.Key} {kind.Count()}");
        var records = history.OfType<Fact.Recorded>().ToArray();
        var causes = records.GroupBy(record => record.Cause ?? "open").OrderByDescending(cause => cause.Count())
            .Select(cause => $"{cause.Key} {cause.Count()}");
        string[] lines =
        [
            $"seed {began.Seed}, {(story.End - began.At).TotalMinutes:0.0} minutes, {began.Nodes.Count} nodes, "
                + $"takeover {(began.TakesOver ? "expected" : "not expected")}",
            $"faults    {story.Disturbances.Count}: {string.Join(", ", faults)}",
            $"calls     {story.Calls.Count} offered, {history.OfType<Fact.Dialled>().Count()} dialled by phones, "
                + $"{story.Calls.Count(call => call.TalkedAt is not null)} answered, "
                + $"{story.Legs.Count(leg => leg.Owners.Count > 1)} legs moved to another node",
            $"records   {records.Length}: {string.Join(", ", causes)}",
            $"charges   {history.OfType<Fact.Entered>().Count(entry => entry.Kind == "charge")}, "
                + $"balance {history.OfType<Fact.Balanced>().LastOrDefault()?.Balance}",
            .. Gaps(story),
            findings.Count == 0 ? "verdict   no rule was broken" : $"verdict   {findings.Count} broken:\n  {string.Join("\n  ", findings)}",
        ];
        return string.Join('\n', lines);
    }

    private static IEnumerable<string> Gaps(RunStory story)
    {
        var gaps = story.Facts.OfType<Fact.Silent>().Where(gap => MediaRules.IsOfTalk(story, gap))
            .ToLookup(gap => story.Stops(story.Find(gap.Call)!, gap.At - gap.Gap, gap.At).Any());
        yield return $"gaps      longest of calls whose node ran {Longest(gaps[false])}, was stopped {Longest(gaps[true])}; "
            + $"{gaps[false].Count(gap => gap.Gap - gap.Late > MediaRules.UntouchedGap && MediaRules.IsOverloaded(gap))} "
            + "above the limit not judged, since the machine was overloaded";
    }

    private static string Longest(IEnumerable<Fact.Silent> gaps)
    {
        var longest = gaps.OrderByDescending(gap => gap.Gap - gap.Late).FirstOrDefault();
        return longest is null ? "none" : $"{(longest.Gap - longest.Late).TotalMilliseconds:0} ms";
    }
}
