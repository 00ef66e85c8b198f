using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Statistics;

/// <summary>What a call adds to its summaries, as read from its row.</summary>
internal sealed record CallFacts
{
    /// <summary>Of <c>calls c LEFT JOIN agent_groups g ON g.id = c.agent_group</c>, with the kind of the event that ended it.</summary>
    public const string Columns =
        """
        c.started_at AS StartedAt, c.channel, c.direction, c.user_phone AS UserPhone, c.user_id AS UserId, c.agent_group AS AgentGroup,
        c.agent_id AS Agent, c.account, CASE WHEN c.price IS NULL THEN '' ELSE c.currency END AS Currency, coalesce(c.price, 0) AS Cost,
        c.answered_at IS NOT NULL AS IsAnswered, coalesce(extract(epoch FROM c.ended_at - c.answered_at), 0)::float8 AS TalkSeconds,
        c.cause, c.flow IS NOT NULL AS HasFlow, c.waited_from IS NOT NULL AS HasWaited,
        c.agent_answered_at IS NOT NULL AS IsAgentAnswered,
        coalesce(c.agent_answered_at - c.waited_from <= make_interval(secs => g.answer_within_seconds), false) AS IsInTime,
        coalesce(greatest(extract(epoch FROM coalesce(c.agent_answered_at, c.ended_at) - c.waited_from), 0), 0)::float8 AS WaitSeconds,
        coalesce(extract(epoch FROM c.ended_at - c.agent_answered_at), 0)::float8 AS HandlingSeconds,
        (c.whatsapp_quality->>'mos')::float8 AS WhatsAppMos, (c.pbx_quality->>'mos')::float8 AS PbxMos,
        coalesce((c.whatsapp_quality->>'packetsReceived')::bigint, 0) AS WhatsAppPackets,
        coalesce((c.whatsapp_quality->>'packetsLost')::bigint, 0) AS WhatsAppLost,
        coalesce((c.pbx_quality->>'packetsReceived')::bigint, 0) AS PbxPackets,
        coalesce((c.pbx_quality->>'packetsLost')::bigint, 0) AS PbxLost
        """;

    public DateTime StartedAt { get; init; }
    public string Channel { get; init; } = "";
    public string Direction { get; init; } = "";
    public string? UserPhone { get; init; }
    public string? UserId { get; init; }
    public string? AgentGroup { get; init; }
    public string? Agent { get; init; }
    public string? Account { get; init; }

    /// <summary>The kind of the event that ended the call; null: it is deleted by now.</summary>
    public string? Kind { get; init; }

    public string? Cause { get; init; }

    public string Currency { get; init; } = "";
    public decimal Cost { get; init; }
    public bool IsAnswered { get; init; }
    public double TalkSeconds { get; init; }
    public bool HasFlow { get; init; }
    public bool HasWaited { get; init; }
    public bool IsAgentAnswered { get; init; }
    public bool IsInTime { get; init; }
    public double WaitSeconds { get; init; }
    public double HandlingSeconds { get; init; }
    public double? WhatsAppMos { get; init; }
    public double? PbxMos { get; init; }
    public long WhatsAppPackets { get; init; }
    public long WhatsAppLost { get; init; }
    public long PbxPackets { get; init; }
    public long PbxLost { get; init; }

    /// <summary>The outcome by the event, or else by the row, whose cause may be of a later version.</summary>
    public CallOutcome Outcome => Kind switch
    {
        "call.missed" => CallOutcome.Missed,
        "call.refused" => CallOutcome.Refused,
        null when WireName.TryParse<HangupCause>(Cause, out var cause) => CallOutcomes.Of(
            WireName.Parse<CallDirection>(Direction), cause, IsAnswered, HasFlow && HasWaited && !IsAgentAnswered),
        _ => CallOutcome.Ended,
    };

    private DateTime Day => DateTime.SpecifyKind(StartedAt.Date, DateTimeKind.Utc);
    private DateTime Month => Day.AddDays(1 - Day.Day);

    /// <summary>The rows of call_summaries that the call is counted in.</summary>
    public IEnumerable<SummaryKey> Keys() => [Key("hour", Day.AddHours(StartedAt.Hour)), .. OfParts(Day)];

    /// <summary>The rows of call_totals that it is counted in.</summary>
    public IEnumerable<SummaryKey> TotalKeys() => [Key("day", Day), Key("month", Month), .. OfParts(Month)];

    /// <summary>The rows of call_key_days that it is counted in.</summary>
    public IEnumerable<SummaryKey> DayKeys() => OfAll(Day);

    /// <summary>The rows of call_key_months that it is counted in.</summary>
    public IEnumerable<SummaryKey> MonthKeys() => OfAll(Month);

    private IEnumerable<SummaryKey> OfAll(DateTime at) => OfParts(at).Select(key => key with { Channel = "", Direction = "" });

    private IEnumerable<SummaryKey> OfParts(DateTime at)
    {
        var country = CallingCodes.CountryOf(new WhatsAppUser(UserPhone, UserId));
        foreach (var (dimension, key) in new[] { ("group", AgentGroup), ("agent", Agent), ("country", country), ("account", Account) })
            if (key is not null)
                yield return Key(dimension, at, key);
    }

    private SummaryKey Key(string dimension, DateTime at, string key = "") => new(dimension, at, Channel, Direction, key, Currency);
}

/// <summary>The key of a row of call_summaries, or of a table of their sums.</summary>
internal readonly record struct SummaryKey(
    string Dimension, DateTime At, string Channel, string Direction, string Key, string Currency);

/// <summary>A row of call_summaries, or of a table of their sums.</summary>
internal sealed record SummaryRow : CallSums
{
    public required string Dimension { get; init; }
    public required DateTime At { get; init; }
    public required string Channel { get; init; }
    public required string Direction { get; init; }
    public required string Key { get; init; }
    public required string Currency { get; init; }

    public static SummaryRow Of(SummaryKey key, IReadOnlyCollection<CallFacts> calls) => new()
    {
        Dimension = key.Dimension,
        At = key.At,
        Channel = key.Channel,
        Direction = key.Direction,
        Key = key.Key,
        Currency = key.Currency,
        Calls = calls.Count,
        Answered = calls.Count(call => call.IsAnswered),
        Missed = calls.Count(call => call.Outcome == CallOutcome.Missed),
        Refused = calls.Count(call => call.Outcome == CallOutcome.Refused),
        TalkSeconds = calls.Sum(call => call.TalkSeconds),
        Waited = calls.Count(call => call.HasWaited),
        AgentAnswered = calls.Count(call => call is { HasWaited: true, IsAgentAnswered: true }),
        InTime = calls.Count(call => call is { HasWaited: true, IsInTime: true }),
        WaitSeconds = calls.Sum(call => call.WaitSeconds),
        HandlingSeconds = calls.Sum(call => call.HandlingSeconds),
        WhatsAppScored = calls.Count(call => call.WhatsAppMos is not null),
        WhatsAppMos = calls.Sum(call => call.WhatsAppMos ?? 0),
        PbxScored = calls.Count(call => call.PbxMos is not null),
        PbxMos = calls.Sum(call => call.PbxMos ?? 0),
        WhatsAppPackets = calls.Sum(call => call.WhatsAppPackets),
        WhatsAppLost = calls.Sum(call => call.WhatsAppLost),
        PbxPackets = calls.Sum(call => call.PbxPackets),
        PbxLost = calls.Sum(call => call.PbxLost),
        Cost = calls.Sum(call => call.Cost),
    };
}
