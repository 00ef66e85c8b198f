using Faults.Facts;

namespace Faults.Judging;

/// <summary>Judges a history by every rule. Pure: the same history, the same findings.</summary>
public static class Judge
{
    public static IReadOnlyList<Finding> Check(IReadOnlyList<Fact> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count == 0)
            return [new Finding("history", "", "is empty")];
        var story = new RunStory(history);
        return
        [
            .. Shown(story), .. AnswerRules.Check(story), .. GhostRules.Check(story), .. RecordRules.Check(story),
            .. MoneyRules.Check(story), .. MediaRules.Check(story),
        ];
    }

    /// <summary>
    /// A history in which nobody talked, or nothing was read at the end, shows nothing; one with a fault that went wrong shows less than
    /// it says.
    /// </summary>
    private static IEnumerable<Finding> Shown(RunStory story)
    {
        if (story.Calls.All(call => call.TalkedAt is null))
            yield return new Finding("history", "", "no call was answered");
        if (!story.Facts.OfType<Fact.Balanced>().Any())
            yield return new Finding("history", "", "the stores were not read at the end");
        if (!story.Facts.OfType<Fact.Indexed>().Any())
            yield return new Finding("history", "", "no audio came");
        foreach (var failed in story.Facts.OfType<Fact.Failed>())
            yield return new Finding("fault", failed.Node ?? "", $"{failed.Kind} went wrong: {failed.Why}");
    }
}
