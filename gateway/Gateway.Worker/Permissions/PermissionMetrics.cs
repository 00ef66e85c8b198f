using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Permissions;

namespace Gateway.Worker.Permissions;

/// <summary>What users are asked, and how often our books are not Meta's.</summary>
internal static class PermissionMetrics
{
    private static readonly Meter Meter = new("Gateway.Permissions");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "gateway_permissions_requests", "{request}", "Wishes to ask a user for permission, by what became of them: sent, failed, or the rule that forbids it");

    private static readonly Counter<long> Checks = Meter.CreateCounter<long>(
        "gateway_permissions_checks", "{check}", "Questions to Meta about what a user permits, by answer: agreed, corrected or unanswered");

    private static readonly Counter<long> RingBacks = Meter.CreateCounter<long>(
        "gateway_permissions_ring_backs", "{call}", "Agents to be rung because a user has permitted calls, by outcome: done or failed");

    public static void Asked(AskResult result) => Requests.Add(1, new KeyValuePair<string, object?>(
        "outcome", result.IsSent ? "sent" : result.Verdict?.Broken is { } rule ? WireName.Of(rule) : "failed"));

    /// <param name="wasCorrected">Null: Meta did not answer.</param>
    public static void Checked(bool? wasCorrected) => Checks.Add(1, new KeyValuePair<string, object?>(
        "answer", wasCorrected switch { null => "unanswered", true => "corrected", false => "agreed" }));

    public static void RangBack(bool isDone) => RingBacks.Add(1, new KeyValuePair<string, object?>("outcome", isDone ? "done" : "failed"));
}
