using Faults.Facts;

namespace Faults.Judging;

/// <summary>Who is not concerned hears no gap, who is taken over a short one, and no SRTP index is used twice under one key.</summary>
internal static class MediaRules
{
    public const string Untouched = "gap of an untouched call", TakenOver = "gap of a call taken over", Index = "SRTP index used twice";

    /// <summary>The longest gap of a call whose node was not stopped.</summary>
    public static readonly TimeSpan UntouchedGap = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest gap of a call that goes on after its node was, while all nodes had both stores.</summary>
    public static readonly TimeSpan TakenOverGap = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A machine on which each processor has more threads than this to run is too busy for the limit of calls whose node ran: the runtime's
    /// pauses wait for processors too.
    /// </summary>
    private const double MostRunnable = 3;

    public static IEnumerable<Finding> Check(RunStory story) =>
        story.Facts.OfType<Fact.Silent>().SelectMany(gap => Gap(story, gap)).Concat(Indices(story));

    private static IEnumerable<Finding> Gap(RunStory story, Fact.Silent gap)
    {
        if (story.Find(gap.Call) is not { } call || !IsOfTalk(story, gap))
            yield break;
        var ours = gap.Gap - gap.Late;
        var heard = $"the {WordOf(gap.End)} heard nothing for {ours.TotalMilliseconds:0} ms until {gap.At:HH:mm:ss.fff}";
        if (!story.Stops(call, gap.At - gap.Gap, gap.At).Any())
        {
            if (ours > UntouchedGap && !IsOverloaded(gap))
                yield return new Finding(Untouched, gap.Call, heard);
        }
        else if (story.TakesOver && ours > TakenOverGap && !IsOverloaded(gap) && !story.LacksStore(gap.At - gap.Gap, gap.At))
            yield return new Finding(TakenOver, gap.Call, heard);
    }

    /// <summary>True where the machine was too busy to say whose gap it is.</summary>
    public static bool IsOverloaded(Fact.Silent gap) => gap.Runnable > MostRunnable;

    /// <summary>Before both sides talk and after one of them has hung up there is nothing to be heard.</summary>
    public static bool IsOfTalk(RunStory story, Fact.Silent gap) => story.Find(gap.Call) is { } call
        && call.TalkedAt <= gap.At - gap.Gap && !(call.OverAt < gap.At)
        && call.Legs.Any(leg => leg.PickedUpAt <= gap.At - gap.Gap && !(leg.ReleasedAt < gap.At));

    private static IEnumerable<Finding> Indices(RunStory story)
    {
        foreach (var stream in story.Facts.OfType<Fact.Indexed>().GroupBy(range => (range.Call, range.Ssrc)))
        {
            var last = long.MinValue;
            foreach (var range in stream.OrderBy(range => range.First))
            {
                if (range.First <= last)
                    yield return new Finding(Index, stream.Key.Call, $"{range.First} of SSRC {stream.Key.Ssrc:x8}");
                last = Math.Max(last, range.Last);
            }
        }
    }

    private static string WordOf(CallEnd end) => end == CallEnd.User ? "user" : "agent";
}
