using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Permissions;

/// <summary>The metrics of permission requests, and of differences between our store and Meta.</summary>
internal static class PermissionMetrics
{
    private static readonly Meter Meter = new("Gateway.Permissions");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "gateway_permissions_requests", "{request}",
        "Attempts to ask a user for permission, by outcome: sent, failed, or the rule that forbids it");

    private static readonly Counter<long> Checks = Meter.CreateCounter<long>(
        "gateway_permissions_checks", "{check}", "Reads of a user's permission at Meta, by result: agreed, corrected or unanswered");

    private static readonly Counter<long> ReturnCalls = Meter.CreateCounter<long>(
        "gateway_permissions_return_calls", "{call}",
        "Return calls to agents after a user has permitted calls, by outcome: done or failed");

    public static void Asked(AskResult result) => Requests.Add(1, new KeyValuePair<string, object?>(
        "outcome", result.IsSent ? "sent" : result.Verdict?.Broken is { } rule ? WireName.Of(rule) : "failed"));

    /// <param name="wasCorrected">Null: Meta did not answer.</param>
    public static void Checked(bool? wasCorrected) => Checks.Add(1, new KeyValuePair<string, object?>(
        "answer", wasCorrected switch { null => "unanswered", true => "corrected", false => "agreed" }));

    public static void CountReturnCall(bool isDone) =>
        ReturnCalls.Add(1, new KeyValuePair<string, object?>("outcome", isDone ? "done" : "failed"));
}
