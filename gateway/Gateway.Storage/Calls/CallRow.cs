using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls;
using Gateway.Calls.Balances;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Calls;

/// <summary>A call record as a table row; the one place that knows its columns.</summary>
internal sealed record CallRow
{
    public const string Columns =
        """
        id, whatsapp_call_id AS WhatsAppCallId, direction, channel, user_phone AS UserPhone, user_id AS UserId,
        user_parent_id AS UserParentId,
        user_name AS UserName, user_username AS UserUsername, trunk, agent, agent_since AS AgentSince,
        earlier_agents::text AS EarlierAgents,
        started_at AS StartedAt, ringing_at AS RingingAt, answered_at AS AnsweredAt, ended_at AS EndedAt, cause, media_fault AS MediaFault,
        media_fault_leg AS MediaFaultLeg, sip_status AS SipStatus, whatsapp_error_code AS WhatsAppErrorCode,
        whatsapp_error_message AS WhatsAppErrorMessage, whatsapp_error_details AS WhatsAppErrorDetails,
        whatsapp_quality::text AS WhatsAppQuality,
        pbx_quality::text AS PbxQuality, node, node_start AS NodeStart, account, currency, rate_id AS RateId, rate_card AS RateCard,
        rate_prefix AS RatePrefix, price_per_minute AS PricePerMinute, connection_fee AS ConnectionFee, pulse_seconds AS PulseSeconds,
        minimum_seconds AS MinimumSeconds, pulses, price, agent_id AS AgentId, flow, flow_version AS FlowVersion,
        agent_group AS AgentGroup,
        waited_from AS WaitedFrom, agent_answered_at AS AgentAnsweredAt
        """;

    public string Id { get; init; } = "";
    public string? WhatsAppCallId { get; init; }
    public string Direction { get; init; } = "";
    public string Channel { get; init; } = "";
    public string? UserPhone { get; init; }
    public string? UserId { get; init; }
    public string? UserParentId { get; init; }
    public string? UserName { get; init; }
    public string? UserUsername { get; init; }
    public string? Trunk { get; init; }
    public string? Agent { get; init; }
    public DateTime? AgentSince { get; init; }
    [JsonConverter(typeof(StoredRows.Raw))]
    public string? EarlierAgents { get; init; }

    public DateTime StartedAt { get; init; }
    public DateTime? RingingAt { get; init; }
    public DateTime? AnsweredAt { get; init; }
    public DateTime? EndedAt { get; init; }
    public string? Cause { get; init; }
    public string? MediaFault { get; init; }
    public string? MediaFaultLeg { get; init; }
    public int? SipStatus { get; init; }
    public int? WhatsAppErrorCode { get; init; }
    public string? WhatsAppErrorMessage { get; init; }
    public string? WhatsAppErrorDetails { get; init; }
    [JsonConverter(typeof(StoredRows.Raw))]
    public string? WhatsAppQuality { get; init; }

    [JsonConverter(typeof(StoredRows.Raw))]
    public string? PbxQuality { get; init; }

    public string Node { get; init; } = "";
    public string NodeStart { get; init; } = "";
    public string? Account { get; init; }
    public string? Currency { get; init; }
    public long? RateId { get; init; }
    public string? RateCard { get; init; }
    public string? RatePrefix { get; init; }

    /// <summary>The price that applied, tier included, of a priced call; of another the rate's.</summary>
    public decimal? PricePerMinute { get; init; }

    public decimal? ConnectionFee { get; init; }
    public int? PulseSeconds { get; init; }
    public int? MinimumSeconds { get; init; }
    public int? Pulses { get; init; }
    public decimal? Price { get; init; }
    public string? AgentId { get; init; }
    public string? Flow { get; init; }
    public long? FlowVersion { get; init; }
    public string? AgentGroup { get; init; }
    public DateTime? WaitedFrom { get; init; }
    public DateTime? AgentAnsweredAt { get; init; }
    public string? Dialogs { get; init; }

    public static CallRow Of(CallIdentity call, DateTimeOffset startedAt) => new CallRow
    {
        Id = call.Id.Value,
        Direction = WireName.Of(call.Direction),
        Channel = call.Channel.Value,
        StartedAt = startedAt.UtcDateTime,
        Node = call.Node,
        NodeStart = call.NodeStart,
    }.With(call.User);

    public static CallRow Of(CallAnswer answer) => Of(answer.Call, answer.StartedAt) with
    {
        AnsweredAt = answer.AnsweredAt.UtcDateTime,
        Agent = Clean(answer.Agent),
        AgentSince = answer.Agent is null ? null : answer.AnsweredAt.UtcDateTime,
        Trunk = Clean(answer.Trunk),
        WhatsAppCallId = answer.WhatsAppId?.Value,
        Dialogs = Clean(answer.Dialogs),
    };

    public static CallRow Of(CallRecord record) => new CallRow
    {
        Id = record.Id.Value,
        WhatsAppCallId = record.WhatsAppId?.Value,
        Direction = WireName.Of(record.Direction),
        Channel = record.Channel.Value,
        Trunk = Clean(record.Trunk),
        Agent = Clean(record.Agent),
        AgentSince = record.AgentSince?.UtcDateTime,
        EarlierAgents = record.EarlierAgents.Count == 0 ? null : JsonSerializer.Serialize(
            record.EarlierAgents.Select(earlier => earlier with { Agent = Clean(earlier.Agent)! }), JsonSerializerOptions.Web),
        StartedAt = record.StartedAt.UtcDateTime,
        RingingAt = record.RingingAt?.UtcDateTime,
        AnsweredAt = record.AnsweredAt?.UtcDateTime,
        EndedAt = record.EndedAt.UtcDateTime,
        Cause = WireName.Of(record.Cause),
        MediaFault = record.MediaFault is { } fault ? WireName.Of(fault.Reason) : null,
        MediaFaultLeg = record.MediaFault is { } of ? WireName.Of(of.Leg) : null,
        SipStatus = record.SipStatus,
        WhatsAppErrorCode = record.WhatsAppError?.Code,
        WhatsAppErrorMessage = Clean(record.WhatsAppError?.Message),
        WhatsAppErrorDetails = Clean(record.WhatsAppError?.Details),
        WhatsAppQuality = Json(record.WhatsAppQuality),
        PbxQuality = Json(record.PbxQuality),
        Node = record.Node,
        NodeStart = record.NodeStart,
        AgentId = record.AgentId?.Value,
        Flow = record.Flow?.Value,
        FlowVersion = record.FlowVersion,
        AgentGroup = record.Group?.Value,
        WaitedFrom = record.WaitedFrom?.UtcDateTime,
        AgentAnsweredAt = record.AgentAnsweredAt?.UtcDateTime,
    }.With(record.User).With(record.Funding, record.Price);

    public CallRecord ToRecord() => new()
    {
        Id = new CallId(Id),
        WhatsAppId = WhatsAppCallId is { } id ? new WhatsAppCallId(id) : null,
        Direction = WireName.Parse<CallDirection>(Direction),
        Channel = new ChannelId(Channel),
        User = new WhatsAppUser(UserPhone, UserId, UserParentId, UserName, UserUsername),
        Trunk = Trunk,
        Agent = Agent,
        AgentSince = AgentSince is { } since ? Utc(since) : null,
        EarlierAgents = EarlierAgents is null ? [] : JsonSerializer.Deserialize<EarlierAgent[]>(EarlierAgents, JsonSerializerOptions.Web)!,
        StartedAt = Utc(StartedAt),
        RingingAt = RingingAt is { } ringing ? Utc(ringing) : null,
        AnsweredAt = AnsweredAt is { } answered ? Utc(answered) : null,
        EndedAt = Utc(EndedAt!.Value),
        Cause = WireName.Parse<HangupCause>(Cause!),
        MediaFault = MediaFault is null ? null : new(WireName.Parse<CallLeg>(MediaFaultLeg!), WireName.Parse<MediaFaultReason>(MediaFault)),
        SipStatus = SipStatus,
        WhatsAppError = WhatsAppErrorCode is { } code ? new WhatsAppError(code, WhatsAppErrorMessage ?? "", WhatsAppErrorDetails) : null,
        WhatsAppQuality = Quality(WhatsAppQuality),
        PbxQuality = Quality(PbxQuality),
        Node = Node,
        NodeStart = NodeStart,
        AgentId = AgentId is null ? null : new AgentId(AgentId),
        Flow = Flow is null ? null : new FlowId(Flow),
        FlowVersion = FlowVersion,
        Group = AgentGroup is null ? null : new GroupId(AgentGroup),
        WaitedFrom = WaitedFrom is { } waited ? Utc(waited) : null,
        AgentAnsweredAt = AgentAnsweredAt is { } picked ? Utc(picked) : null,
        Funding = Account is null ? null : new Funding(Account, Currency!, Rate(), 0),
        Price = Price is { } price ? new Price(Pulses!.Value, Seconds(PulseSeconds) * Pulses.Value, PricePerMinute!.Value, price) : null,
    };

    private CallRow With(WhatsAppUser user) => this with
    {
        UserPhone = user.Phone,
        UserId = Clean(user.UserId),
        UserParentId = Clean(user.ParentUserId),
        UserName = Clean(user.Name),
        UserUsername = Clean(user.UserName),
    };

    private CallRow With(Funding? funding, Price? price) => funding is null ? this : this with
    {
        Account = funding.Account,
        Currency = funding.Currency,
        RateId = funding.Rate.Id,
        RateCard = funding.Rate.Card,
        RatePrefix = funding.Rate.Prefix,
        PricePerMinute = price?.PricePerMinute ?? funding.Rate.PricePerMinute,
        ConnectionFee = funding.Rate.ConnectionFee,
        PulseSeconds = (int)funding.Rate.Pulse.TotalSeconds,
        MinimumSeconds = (int)funding.Rate.Minimum.TotalSeconds,
        Pulses = price?.Pulses,
        Price = price?.Amount,
    };

    private Rate Rate() => new(
        RateId!.Value, RateCard!, WireName.Parse<CallDirection>(Direction), RatePrefix!, Currency!, PricePerMinute!.Value,
        ConnectionFee!.Value,
        Seconds(PulseSeconds), Seconds(MinimumSeconds), []);

    /// <summary>Removes U+0000, which peers may send and PostgreSQL's text cannot hold.</summary>
    public static string? Clean(string? text) => text?.Replace("\0", "", StringComparison.Ordinal);

    private static string? Json(LegQuality? quality) =>
        quality is null ? null : JsonSerializer.Serialize(quality, JsonSerializerOptions.Web);

    private static LegQuality? Quality(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<LegQuality>(json, JsonSerializerOptions.Web);

    private static TimeSpan Seconds(int? seconds) => TimeSpan.FromSeconds(seconds!.Value);

    internal static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
