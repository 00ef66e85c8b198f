using System.Globalization;
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
    /// <summary>The user was reached: whom the business called answered, or an agent answered the user.</summary>
    public bool IsTalk => Record is { Direction: CallDirection.Outbound, AnsweredAt: not null } || HadAnsweringAgent;

    public bool HadAgent => Record.AgentId is not null && HadAnsweringAgent;

    /// <summary>Names a user whose missed calls are one entry.</summary>
    public string MissedUser =>
        $"{Record.Channel.Value}:{Contact?.ToString(CultureInfo.InvariantCulture) ?? Handles.Min(StringComparer.Ordinal)}";

    private bool HadAnsweringAgent => Record is { AnsweredAt: not null } and ({ AgentAnsweredAt: not null } or { Flow: null });

    private string UserHandle => CallRow.Clean(Record.User.Handle)!;

    /// <summary>All spellings of the user's number, or the user's id; none of a user who shows neither.</summary>
    private string[] Handles => Record.User switch
    {
        { Phone: { } phone } => [.. NumberSpelling.Of(phone), UserHandle],
        { UserId: not null } => [UserHandle],
        _ => [],
    };

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
        MissedUser,
        Handles,
    };

    /// <summary>Whose missed calls are closed by it.</summary>
    public object Talk => new
    {
        Id = Record.Id.Value,
        Record.Node,
        Channel = Record.Channel.Value,
        Contact,
        Handles,
        AnsweredAt = (Record.AgentAnsweredAt ?? Record.AnsweredAt)?.UtcDateTime,
    };

    /// <summary>A row of contacts: whom the user talked to.</summary>
    public object LastAgent => new
    {
        Id = Contact,
        LastAgent = Record.AgentId?.Value,
        LastAgentAt = Record.EndedAt.UtcDateTime,
    };
}
