using Faults.Facts;

namespace Faults.Judging;

/// <summary>A minute after a call is over on one side nothing of it is left on the other, nor in Redis.</summary>
internal static class GhostRules
{
    public const string Phone = "ghost at a phone", WhatsApp = "ghost at WhatsApp", Store = "ghost in a store";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static IEnumerable<Finding> Check(RunStory story) =>
        story.Calls.SelectMany(call => AtPhones(story, call).Concat(AtWhatsApp(story, call))).Concat(Remains(story));

    private static IEnumerable<Finding> AtPhones(RunStory story, CallStory call) =>
        from leg in call.Legs
        let over = call.OverAt > leg.RangAt ? call.OverAt : leg.RangAt
        where call.OverAt is not null && (leg.ReleasedAt ?? story.End) - over > Limit
        select new Finding(
            Phone, call.Call, $"{leg.Phone} still had it {((leg.ReleasedAt ?? story.End) - over)!.Value.TotalSeconds:0} s after");

    private static IEnumerable<Finding> AtWhatsApp(RunStory story, CallStory call)
    {
        var picked = call.Legs.Where(leg => leg.PickedUpAt is not null).ToArray();
        if (call.TalkedAt is null || picked.Length == 0 || picked.Any(leg => leg.ReleasedAt is null))
            yield break;
        var left = picked.Max(leg => leg.ReleasedAt!.Value);
        if ((call.OverAt ?? story.End) - left > Limit)
            yield return new Finding(
                WhatsApp, call.Call, $"went on for {((call.OverAt ?? story.End) - left).TotalSeconds:0} s without a phone");
    }

    private static IEnumerable<Finding> Remains(RunStory story) =>
        from fact in story.Facts.OfType<Fact.Remained>()
        select new Finding(
            fact.Where switch { "phone" => Phone, "whatsapp" => WhatsApp, _ => Store }, fact.What,
            $"was still there in {fact.Where} at the end");
}
