using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Rating;

/// <summary>The request to rate anew the charged calls that began in a period, of one account or channel where given.</summary>
/// <param name="Card">The card whose rates, in force at each call's start, apply now.</param>
/// <param name="From">Inclusive.</param>
/// <param name="Until">Exclusive; not in the future.</param>
/// <param name="Account">Null for all.</param>
/// <param name="Channel">Meta's id of the business number; null for all.</param>
/// <param name="Note">The reason, for the ledger.</param>
public sealed record ReratingRequest(
    string Card, DateTimeOffset From, DateTimeOffset Until, string? Account, string? Channel, string? Note);

/// <summary>The totals of a run.</summary>
/// <param name="Calls">Calls in the request.</param>
/// <param name="Changed">Those whose price changed.</param>
/// <param name="Unrated">Those that keep their charge: the card has no rate for them, or another currency.</param>
/// <param name="Refund">The sum that the accounts get back, in the card's currency; negative where they pay more.</param>
public sealed record ReratingTotals(long Calls, long Changed, long Unrated, decimal Refund);

/// <summary>The state of a run.</summary>
/// <param name="Id">Part of the keys of its ledger entries: `rerating:RUN:CALL`.</param>
/// <param name="Request">The request.</param>
/// <param name="Actor">The requester.</param>
/// <param name="Totals">The totals so far.</param>
/// <param name="StartedAt">The time of the request.</param>
/// <param name="FinishedAt">Null until it is finished.</param>
public sealed record ReratingRun(
    long Id, ReratingRequest Request, string Actor, ReratingTotals Totals, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt)
{
    public bool IsFinished => FinishedAt is not null;
}

/// <summary>A call's position in the order of a run.</summary>
internal sealed record ReratingPosition(string Account, string Direction, DateTime StartedAt, string Call)
{
    public static ReratingPosition Of(ChargedCall call) =>
        new(call.Account, WireName.Of(call.Direction), call.StartedAt.UtcDateTime, call.Id.Value);
}

/// <summary>The row of a run.</summary>
internal sealed record ReratingRunRow
{
    public const string Columns =
        """
        id AS Id, actor AS Actor, note AS Note, card AS Card, account AS Account, channel AS Channel, period_from AS PeriodFrom,
        period_until AS PeriodUntil, started_at AS StartedAt, finished_at AS FinishedAt, calls AS Calls, changed AS Changed,
        unrated AS Unrated,
        refund AS Refund, done_account AS DoneAccount, done_direction AS DoneDirection, done_started_at AS DoneStartedAt,
        done_call AS DoneCall,
        done_volume_seconds AS DoneVolumeSeconds
        """;

    public long Id { get; init; }
    public string Actor { get; init; } = "";
    public string? Note { get; init; }
    public string Card { get; init; } = "";
    public string? Account { get; init; }
    public string? Channel { get; init; }
    public DateTime PeriodFrom { get; init; }
    public DateTime PeriodUntil { get; init; }
    public DateTime StartedAt { get; init; }
    public DateTime? FinishedAt { get; init; }
    public long Calls { get; init; }
    public long Changed { get; init; }
    public long Unrated { get; init; }
    public decimal Refund { get; init; }
    public string? DoneAccount { get; init; }
    public string? DoneDirection { get; init; }
    public DateTime? DoneStartedAt { get; init; }
    public string? DoneCall { get; init; }
    public long DoneVolumeSeconds { get; init; }

    /// <summary>The last finished call; null at the beginning.</summary>
    public ReratingPosition? Done => DoneAccount is null ? null : new(DoneAccount, DoneDirection!, DoneStartedAt!.Value, DoneCall!);

    public ReratingRun ToRun() => new(
        Id, new ReratingRequest(Card, PeriodFrom, PeriodUntil, Account, Channel, Note), Actor,
        new ReratingTotals(Calls, Changed, Unrated, Refund), StartedAt,
        FinishedAt is { } end ? new DateTimeOffset(end) : null);
}
