using Gateway.Calls;
using Gateway.Storage.Parking;
using Media.Protocols.Primitives;

namespace AdminApi.Calls;

/// <summary>A parked call as the API shows it.</summary>
/// <param name="Contact">The WhatsApp user, by the id of the contact.</param>
/// <param name="Agent">The agent for whom it waits; null: any of the group.</param>
/// <param name="Ask">The user is asked for permission where it is missing.</param>
/// <param name="AskedAt">When the user was asked, or was found to have been asked and not to have answered.</param>
/// <param name="Attempts">Calls that were begun for it and reached nobody: not admitted, or no agent's phone answered.</param>
/// <param name="Cause">While it waits, what hindered it last: a hang-up cause, the rule that forbade a request, or whatsapp_error. Of a
/// refused one declined or revoked. Of one that is done the hang-up cause of its call.</param>
/// <param name="CallId">The call that was placed.</param>
/// <param name="CalledAgent">The agent who was rung for it.</param>
/// <param name="Answered">The user answered; null: it is not done.</param>
/// <param name="CreatedBy">Who parked it, as in the audit log.</param>
public sealed record ParkedCallView(
    string Id, ParkedCallState State, string Channel, long Contact, AgentId? Agent, GroupId? Group, bool Ask, DateTimeOffset? AskedAt,
    int? RingSeconds, string? Reference, int Attempts, string? Cause, string? CallId, AgentId? CalledAgent, DateTimeOffset? PlacedAt,
    bool? Answered, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset ExpiresAt, DateTimeOffset? EndedAt)
{
    public static ParkedCallView Of(ParkedCallRow row) => new(
        row.Id, WireName.Parse<ParkedCallState>(row.State), row.Channel, row.Contact, AgentOf(row.Agent),
        row.AgentGroup is null ? null : new GroupId(row.AgentGroup), row.Asks, row.AskedAt, row.RingSeconds, row.Reference, row.Attempts,
        row.Cause, row.CallId, AgentOf(row.CalledAgent), row.PlacedAt, row.Answered, row.CreatedAt, row.CreatedBy, row.ExpiresAt,
        row.EndedAt);

    private static AgentId? AgentOf(string? name) => name is null ? null : new AgentId(name);
}
