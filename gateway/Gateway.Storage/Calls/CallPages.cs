using Gateway.Calls;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Calls;

/// <summary>
/// The statement that fetches one page of calls. It names only the filters that are set, so that each combination has a plan of its own,
/// along the index that serves it.
/// </summary>
internal static class CallPages
{
    /// <summary>True where an agent answered: of a call without a flow, where anybody did.</summary>
    private const string ByAgent = "(agent_answered_at IS NOT NULL OR (flow IS NULL AND answered_at IS NOT NULL))";

    public static string Sql(CallQuery query)
    {
        string?[] conditions =
        [
            "ended_at IS NOT NULL",
            query.After is null ? null : "(started_at, id) < (@AfterStart, @AfterId)",
            query.Channel is null ? null : "channel = @Channel",
            query.User is null ? null : IsPhone(query.User) ? "user_phone = ANY(@Phones)" : "user_id = @User",
            query.Direction is null ? null : "direction = @Direction",
            query.Causes.Count switch { 0 => null, 1 => "cause = @Cause", _ => "cause = ANY(@Causes)" },
            query.Account is null ? null : "account = @Account",
            query.Agent is null ? null : "agent_id = @Agent",
            query.Group is null ? null : "agent_group = @Group",
            query.Flow is null ? null : "flow = @Flow",
            query.AnsweredByAgent switch { null => null, true => ByAgent, false => $"NOT {ByAgent}" },
            query.IsAnswered switch { null => null, true => "answered_at IS NOT NULL", false => "answered_at IS NULL" },
            query.Node is null ? null : "node = @Node",
            query.From is null ? null : "started_at >= @From",
            query.To is null ? null : "started_at < @To",
        ];
        return $"SELECT {CallRow.Columns} FROM calls WHERE {string.Join(" AND ", conditions.OfType<string>())} ORDER BY started_at DESC, " +
            $"id DESC LIMIT @Limit";
    }

    public static object Parameters(CallQuery query) => new
    {
        AfterStart = query.After?.StartedAt.UtcDateTime,
        AfterId = query.After?.Id.Value,
        Channel = query.Channel?.Value,
        query.User,
        Phones = query.User is { } user && IsPhone(user) ? NumberSpelling.Of(user).ToArray() : [],
        Direction = query.Direction is { } direction ? WireName.Of(direction) : null,
        Cause = query.Causes.Count == 1 ? WireName.Of(query.Causes[0]) : null,
        Causes = query.Causes.Select(cause => WireName.Of(cause)).ToArray(),
        query.Node,
        query.Account,
        Agent = query.Agent?.Value,
        Group = query.Group?.Value,
        Flow = query.Flow?.Value,
        From = query.From?.UtcDateTime,
        To = query.To?.UtcDateTime,
        query.Limit,
    };

    private static bool IsPhone(string user) => user.All(char.IsAsciiDigit);
}
