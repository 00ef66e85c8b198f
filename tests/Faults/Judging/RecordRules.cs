using Faults.Facts;

namespace Faults.Judging;

/// <summary>Each offered call has exactly one record, complete, that says the same as both ends saw.</summary>
internal static class RecordRules
{
    public const string One = "one record", True = "true record";

    /// <summary>Without a store what was answered is in a node's memory, or on its disk, for no longer than this.</summary>
    private static readonly TimeSpan Unwritten = TimeSpan.FromSeconds(2);

    /// <summary>The record's talk may be longer than WhatsApp's by this: it begins before accept and ends after terminate.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The same while something is wrong: the end of a call is handed on through Redis, and its node may have to wake first.
    /// </summary>
    private static readonly TimeSpan SlackInTrouble = TimeSpan.FromSeconds(10);

    public static IEnumerable<Finding> Check(RunStory story)
    {
        var records = story.Facts.OfType<Fact.Recorded>().ToLookup(record => record.Call);
        var dialled = story.Facts.OfType<Fact.Dialled>().Select(fact => fact.Call).ToHashSet();
        return story.Calls.SelectMany(call => Count(story, call, [.. records[call.Call]]))
            .Concat(records.Where(of => story.Find(of.Key) is null && !(dialled.Contains(of.Key) && of.Count() == 1))
                .Select(of => new Finding(One, of.Key, "has a record, and nobody called")))
            .Concat(story.Calls.SelectMany(call => records[call.Call].SelectMany(record => Truth(story, call, record))));
    }

    private static IEnumerable<Finding> Count(RunStory story, CallStory call, IReadOnlyList<Fact.Recorded> records)
    {
        if (records.Count > 1)
            yield return new Finding(One, call.Call, $"has {records.Count} records");
        if (records.Count == 0 && IsTaken(story, call))
            yield return new Finding(One, call.Call, "was taken by a node, and has no record");
        if (call.TalkedAt is { } talked && !IsUnheard(story, call, talked) && records.Count > 0
            && records.All(record => record is { Cause: not null, Talk: null }))
            yield return new Finding(True, call.Call, $"was answered, and its record ({records[0].Cause}) says that it was not");
        foreach (var open in records.Where(record => record.Cause is null))
            yield return new Finding(One, call.Call, $"its record {open.Id} is not complete");
    }

    /// <summary>
    /// True where a node answered for the offer: others know of it then, or the node lived to write it down once it had its stores again.
    /// </summary>
    private static bool IsTaken(RunStory story, CallStory call) => call.Legs.Count > 0 || call.Deliveries.Any(
        delivered => delivered is { Event: "connect", Status: 200 } && !IsLost(story, delivered));

    /// <summary>
    /// True where the node that answered was killed at that time, and lacked a store then; or where it lost its disk besides, before it had
    /// the store back for long enough.
    /// </summary>
    private static bool IsLost(RunStory story, Fact.Delivered delivered) =>
        story.StoreIsBackAt(delivered.At - Unwritten, delivered.At + Unwritten) is { } back && story.Disturbances.Any(
            fault => FaultKinds.Loses(fault.Kind) && fault.Node == delivered.Node && fault.From >= delivered.At - Unwritten
            && (fault.From <= delivered.At + Unwritten || fault.Kind == FaultKind.KillEmpty && fault.From <= back + Unwritten));

    /// <summary>
    /// True where the call's node could not hear that its user has picked up: WhatsApp says so to any node, which hands it on, and that one
    /// stood still until the call was over, the call's own was dead by then, or a store was away.
    /// </summary>
    private static bool IsUnheard(RunStory story, CallStory call, DateTimeOffset talked) =>
        call.Actions.Any(action => action.Action == "connect")
        && (!IsTold(call) || story.Stops(call, talked, talked).Any() || story.LacksStore(talked, call.OverAt ?? story.End));

    /// <summary>True where a node answered for the user's SDP, whatever it said, while the call went on.</summary>
    private static bool IsTold(CallStory call) =>
        call.Deliveries.Any(delivered => delivered.Event == "connect" && !(delivered.At > call.OverAt));

    /// <summary>
    /// When a gateway could know that the call is over: a webhook that no node answers comes again later, and a node that was killed last
    /// showed itself before that. Null: an end that died with its node nobody knows, and the call goes on until its silence is noticed.
    /// </summary>
    private static DateTimeOffset? KnownOver(RunStory story, CallStory call)
    {
        var ends = call.Deliveries.Where(delivered => delivered is { Event: "terminate", Status: 200 }).ToArray();
        if (call.OverAt is not { } over || ends.Length > 0 && ends.All(end => IsLost(story, end)))
            return null;
        return ends.Select(end => end.At).Concat(story.Stops(call, call.OfferedAt, story.End).Select(stop => stop.At)).Append(over).Max();
    }

    private static IEnumerable<Finding> Truth(RunStory story, CallStory call, Fact.Recorded record)
    {
        if (record.Cause is null)
            yield break;
        if (record.WhatsAppId is { } id && id != call.WhatsAppId)
            yield return new Finding(True, call.Call, $"its record is of {id}");
        if (call.TalkedAt is null && record.Talk is not null && !call.Actions.Any(action => action.Action is "accept" or "connect"))
            yield return new Finding(True, call.Call, "its record says answered, and neither accept nor connect was sent");
        if (call.TalkedAt is { } from && KnownOver(story, call) is { } over && record.Talk is { } talk
            && talk > over - from + (story.IsTroubled(over) ? SlackInTrouble : Slack))
            yield return new Finding(
                True, call.Call, $"its record has {talk.TotalSeconds:0.0} s of talk, WhatsApp {(over - from).TotalSeconds:0.0} s");
    }
}
