using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Calls;

/// <summary>A call that a <see cref="Settlement"/> completes, and what it is to other tables than its own.</summary>
/// <param name="Record">With its price.</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="Contact">The row in contacts; null: the channel does not know the user.</param>
internal sealed record SettledCall(CallRecord Record, CallOutcome Outcome, long? Contact)
{
    public bool IsTalkWithCalled => Record is { Direction: CallDirection.Outbound, AnsweredAt: not null };

    public bool HadAgent => Record is { AgentId: not null, AnsweredAt: not null }
        && (Record.AgentAnsweredAt is not null || Record.Flow is null);

    private string UserHandle => CallRow.Clean(Record.User.Handle)!;

    /// <summary>A row of missed_calls.</summary>
    public object Missed => new
    {
        CallId = Record.Id.Value,
        Channel = Record.Channel.Value,
        Contact,
        UserHandle,
        UserName = CallRow.Clean(Record.User.Name),
        MissedAt = Record.EndedAt.UtcDateTime,
        Cause = WireName.Of(Record.Cause),
        AgentGroup = Record.Group?.Value,
        WaitedFrom = Record.WaitedFrom?.UtcDateTime,
    };

    /// <summary>Whose missed calls are closed by it.</summary>
    public object Talk => new
    {
        Id = Record.Id.Value,
        Record.Node,
        Channel = Record.Channel.Value,
        Contact,
        Handles = (string[])[.. Record.User.Phone is { } phone ? NumberSpelling.Of(phone) : [], UserHandle],
        AnsweredAt = Record.AnsweredAt?.UtcDateTime,
    };

    /// <summary>A row of contacts: whom the user talked to.</summary>
    public object LastAgent => new
    {
        Id = Contact,
        LastAgent = Record.AgentId?.Value,
        LastAgentAt = Record.EndedAt.UtcDateTime,
    };
}
