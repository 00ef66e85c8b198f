using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Statistics;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Http.HttpResults;
using static AdminApi.Platform.CsvFile;

namespace AdminApi.Statistics;

/// <summary>Statistics of ended calls by time, channel, direction, group, agent, country and account.</summary>
public static class StatisticsApi
{
    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromDays(7), MaxPeriod = TimeSpan.FromDays(1100);

    /// <summary>More than anybody draws: a question that has more is asked of a shorter period.</summary>
    private const int MaxRows = 20_000;

    private static readonly string[] Columns =
    [
        "at", "channel", "direction", "group", "agent", "country", "account", "calls", "answered", "missed", "refused", "answer_rate",
        "talk_seconds", "waited", "abandoned", "service_level", "average_wait_seconds", "average_handling_seconds", "whatsapp_mos",
        "whatsapp_loss", "pbx_mos", "pbx_loss", "currency", "cost",
    ];

    public static void MapStatistics(this IEndpointRouteBuilder api)
    {
        const string description =
            "Counted by the time at which calls began, some seconds after they ended. By group, agent, country or account the period is " +
            "one of whole days in UTC, else of whole hours; its begin and end are taken down to them. A call counts for the group and " +
            "agent that had it last.";
        var statistics = api.MapGroup("/statistics").WithTags("statistics");
        statistics.MapGet("/calls", GetAsync).WithName("getCallStatistics").Requires(Scope.Read)
            .WithSummary("Counts, answer rate, talk and waiting times, service level, quality and cost of calls")
            .WithDescription(description);
        statistics.MapGet("/calls/export", ExportAsync).WithName("exportCallStatistics").Requires(Scope.Read)
            .WithSummary("The same as CSV (RFC 4180); cost in further currencies has lines of its own").WithDescription(description)
            .Produces<string>(StatusCodes.Status200OK, "text/csv");
    }

    /// <summary>The question.</summary>
    public readonly record struct Filter(
        [property: Description(
            "The parts, separated by commas, in the order of the answer: hour, day, month, channel, direction, and one of group, agent, " +
            "country, account; none: one sum.")] WireValues<StatisticsPart>? By,
        [property: Description("The period's begin; by default a week before its end.")] QueryTime? From,
        [property: Description("The period's end; by default now.")] QueryTime? To,
        [property: Description("A business number by Meta's phone_number_id.")] string? Channel,
        [property: Description("inbound: the user called.")] WireValue<CallDirection>? Direction,
        [property: Description("Calls of this group only.")] string? Group,
        [property: Description("Calls of this agent only.")] string? Agent,
        [property: Description("Calls of users of this country only (ISO 3166-1 alpha-2).")] string? Country,
        [property: Description("Calls that this account pays for only.")] string? Account)
    {
        /// <summary>Reads it, or returns its errors.</summary>
        public ProblemResult? Read(DateTimeOffset now, out StatisticsQuery query)
        {
            var check = new Check();
            (StatisticsPart Part, string Value)[] keys =
            [
                .. new[]
                {
                    (StatisticsPart.Group, Group), (StatisticsPart.Agent, Agent), (StatisticsPart.Country, Country),
                    (StatisticsPart.Account, Account),
                }.Where(key => key.Item2 is not null).Select(key => (key.Item1, key.Item2!)),
            ];
            var parts = By?.Values ?? [];
            var end = To?.Value ?? now.AddHours(1);
            var begin = From?.Value ?? end - DefaultPeriod;
            check.That(begin < end && end - begin <= MaxPeriod, "from", $"Must be before the end, by at most {MaxPeriod.TotalDays} days.");
            check.That(parts.Count(part => part is StatisticsPart.Hour or StatisticsPart.Day or StatisticsPart.Month) <= 1, "by",
                "Must name one of hour, day and month.");
            query = new StatisticsQuery(
                parts, begin, end, Channel is null ? null : new ChannelId(Channel), Direction?.Value, keys.Length == 1 ? keys[0] : null);
            check.That(keys.Length <= 1 && query.Dimension is not null, "by",
                "Group, agent, country and account go with none of each other, nor with hour: one of them, also as a filter.");
            if (check.Failed(out var problem))
                return problem;
            var hours = query.Dimension == StatisticsPart.Hour ? 1 : 24;
            var to = Down(end, hours);
            query = query with { From = Down(begin, hours), To = to < end && To is null ? to.AddHours(hours) : to };
            return null;
        }

        private static DateTimeOffset Down(DateTimeOffset time, int hours) =>
            new(time.UtcTicks - time.UtcTicks % (hours * TimeSpan.TicksPerHour), TimeSpan.Zero);
    }

    private static async Task<Results<Ok<StatisticsPeriod>, ProblemResult>> GetAsync(
        CallStatistics statistics, TimeProvider time, [AsParameters] Filter filter, CancellationToken cancellation)
    {
        if (filter.Read(time.GetUtcNow(), out var query) is { } problem)
            return problem;
        return await ReadAsync(statistics, query, cancellation) is { } views
            ? TypedResults.Ok(new StatisticsPeriod(query.From, query.To, views))
            : TooMuch();
    }

    private static async Task<IResult> ExportAsync(
        CallStatistics statistics, TimeProvider time, [AsParameters] Filter filter, [Description(ByteOrderMark.Meaning)] bool? bom,
        CancellationToken cancellation)
    {
        if (filter.Read(time.GetUtcNow(), out var query) is { } problem)
            return problem;
        if (await ReadAsync(statistics, query, cancellation) is not { } views)
            return TooMuch();
        string?[][] lines = [.. views.SelectMany(Lines)];
        var read = 0;
        return new CsvFile<string?[]>(
            "statistics", Columns,
            (_, _) => Task.FromResult<IReadOnlyList<string?[]>>(lines[read..(read = Math.Min(lines.Length, read + CsvFile.Rows))]),
            line => line, bom == true);
    }

    private static async Task<IReadOnlyList<StatisticsView>?> ReadAsync(
        CallStatistics statistics, StatisticsQuery query, CancellationToken cancellation)
    {
        var rows = await statistics.ReadAsync(query, MaxRows + 1, cancellation);
        return rows.Count > MaxRows
            ? null
            : [.. rows.GroupBy(row => (row.At, row.Channel, row.Direction, row.Key)).Select(group => StatisticsView.Of([.. group], query))];
    }

    private static ProblemResult TooMuch() => Problems.InvalidRequest.Of(
        $"by: has more than {MaxRows} rows.", [new FieldError("by", "Ask for a shorter period, or for fewer parts.")]);

    private static IEnumerable<string?[]> Lines(StatisticsView view)
    {
        var cost = view.Cost is [var first, ..] ? first : null;
        yield return
        [
            Time(view.At), view.Channel, view.Direction is { } direction ? WireName.Of(direction) : null, view.Group, view.Agent,
            view.Country, view.Account, view.Calls.ToString(), view.Answered.ToString(), view.Missed.ToString(), view.Refused.ToString(),
            Number(view.AnswerRate, "0.####"), Number(view.TalkSeconds), view.Waited.ToString(), view.Abandoned.ToString(),
            Number(view.ServiceLevel, "0.####"), Number(view.AverageWaitSeconds), Number(view.AverageHandlingSeconds),
            Number(view.WhatsApp.Mos), Number(view.WhatsApp.Loss, "0.####"), Number(view.Pbx.Mos), Number(view.Pbx.Loss, "0.####"),
            cost?.Currency, Money(cost?.Amount),
        ];
        foreach (var further in view.Cost.Skip(1))
        {
            var line = new string?[Columns.Length];
            (line[0], line[1], line[2]) = (Time(view.At), view.Channel, view.Direction is { } way ? WireName.Of(way) : null);
            (line[3], line[4], line[5], line[6]) = (view.Group, view.Agent, view.Country, view.Account);
            (line[^2], line[^1]) = (further.Currency, Money(further.Amount));
            yield return line;
        }
    }
}
