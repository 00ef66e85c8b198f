using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Media.Protocols.Primitives;

namespace AdminApi.MissedCalls;

/// <summary>
/// What a user's missed calls ask of the business, as the API shows it: one entry a user and channel, named by the newest of the calls. It
/// closes by itself when the user is reached, by a call either way.
/// </summary>
/// <param name="User">Phone number in digits, or business-scoped id.</param>
/// <param name="Group">The group whose agents the user waited for.</param>
/// <param name="WaitedSeconds">How long the user waited for an agent; null: phones never rang, and there was no queue.</param>
/// <param name="Contact">The WhatsApp user, by the id of the contact.</param>
/// <param name="Calls">How often the user called in vain since the entry before was closed.</param>
/// <param name="FirstMissedAt">When the first of these calls was missed; `missedAt` is that of the last.</param>
/// <param name="MergedInto">The user's later call, whose entry counts this one; this one is closed, and in no list.</param>
public sealed record MissedCallView(
    string CallId, string Channel, long? Contact, string User, string? UserName, DateTimeOffset MissedAt, HangupCause Cause,
    MissedCallState State,
    string? Assignee, string? Note, DateTimeOffset? ClosedAt, GroupId? Group, int? WaitedSeconds, int Calls,
    DateTimeOffset FirstMissedAt, string? MergedInto, long Version) : IVersioned
{
    public static MissedCallView Of(MissedCallRow row) => new(
        row.CallId, row.Channel, row.Contact, row.UserHandle, row.UserName, row.MissedAt, WireName.Parse<HangupCause>(row.Cause),
        WireName.Parse<MissedCallState>(row.State), row.Assignee, row.Note, row.ClosedAt,
        row.AgentGroup is null ? null : new GroupId(row.AgentGroup),
        row.WaitedFrom is { } since ? Math.Max(0, (int)(row.MissedAt - since).TotalSeconds) : null, row.Calls, row.FirstMissedAt,
        row.MergedInto, row.Version);
}
