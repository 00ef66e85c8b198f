using System.Text.Json;
using AdminApi.Tests.Kit;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Storage.Events;
using Gateway.Storage.Statistics;

namespace AdminApi.Tests;

/// <summary>What is counted of calls, by everything that it can be broken down by; and the filters of the lists that lie behind.</summary>
[Collection(ApiCollection.Name)]
public sealed class StatisticsTests(ApiFixture api)
{
    private static readonly DateTimeOffset Day = new(2030, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _channel = "s" + Guid.NewGuid().ToString("n");

    [Fact]
    public async Task Calls_are_counted_once_by_hour_agent_and_country()
    {
        await CallAsync(9, talk: 60, agent: "anna", user: "4915112345678", mos: 4.2);
        await CallAsync(9, talk: 30, agent: "ben", user: "5511987654321", mos: 3.8);
        await CallAsync(10, talk: null, user: "4915112345678", cause: HangupCause.NoAnswer);
        await CountedAsync(3);

        var total = (await ReadAsync("")).Single();
        Assert.Equal((3, 2, 1), (Number(total, "calls"), Number(total, "answered"), Number(total, "missed")));
        Assert.Equal(90, total.GetProperty("talkSeconds").GetDouble());
        Assert.Equal(4.0, total.GetProperty("whatsApp").GetProperty("mos").GetDouble(), 3);
        Assert.Equal(
            ["2030-03-01T09:00:00Z 2", "2030-03-01T10:00:00Z 1"],
            (await ReadAsync("&by=hour")).Select(row => $"{row.GetProperty("at").GetString()} {Number(row, "calls")}"));
        Assert.Equal(
            ["BR 1", "DE 2"],
            (await ReadAsync("&by=country")).Select(row => $"{row.GetProperty("country").GetString()} {Number(row, "calls")}"));
        Assert.Equal(
            ["anna 1", "ben 1"],
            (await ReadAsync("&by=day,agent")).Select(row => $"{row.GetProperty("agent").GetString()} {Number(row, "answered")}"));
        Assert.Equal(1, Number((await ReadAsync("&country=BR")).Single(), "calls"));

        while (await api.Get<CallSummaries>().AdvanceAsync(CancellationToken.None))
        {
        }
        Assert.Equal(3, Number((await ReadAsync("")).Single(), "calls"));
    }

    [Fact]
    public async Task A_day_that_is_counted_anew_has_the_same_calls()
    {
        await CallAsync(9, talk: 60, agent: "anna", user: "4915112345678", mos: 4.2);
        await CountedAsync(1);
        await CountAnewAsync();
        Assert.Equal(1, Number((await ReadAsync("")).Single(), "calls"));
        Assert.Equal("DE", (await ReadAsync("&by=country")).Single().GetProperty("country").GetString());
    }

    [Fact]
    public async Task A_day_that_is_counted_anew_has_the_same_outcomes_when_its_events_are_deleted()
    {
        await CallAsync(9, talk: 60, agent: "anna");
        await CallAsync(10, talk: 30, isHeld: true);
        await CallAsync(11, talk: null, cause: HangupCause.NoAnswer);
        await CallAsync(12, talk: null, cause: HangupCause.ChannelDisabled);
        await CountedAsync(4);
        async Task<(long Answered, long Missed, long Refused)> OutcomesAsync() => (await ReadAsync("")).Single() is var row
            ? (Number(row, "answered"), Number(row, "missed"), Number(row, "refused")) : default;
        Assert.Equal((2, 2, 1), await OutcomesAsync());
        await using (var connection = await api.Database.OpenConnectionAsync())
        {
            await Samples.EventAsync(api, new NewEvent(EventKind.CallMissed, DateTimeOffset.UtcNow)); // the last one is never deleted
            await Eventually.SeeAsync(
                () => connection.QuerySingleAsync<bool>("SELECT NOT EXISTS (SELECT FROM events WHERE position IS NULL)"),
                "it has its position");
            await connection.ExecuteAsync("DELETE FROM events WHERE channel = @_channel", new { _channel });
        }
        await CountAnewAsync();
        Assert.Equal((2, 2, 1), await OutcomesAsync());
    }

    [Fact]
    public async Task A_period_has_the_same_calls_by_its_hours_days_and_months()
    {
        const int day = 24;
        var agent = "agent-" + _channel;
        foreach (var hour in (int[])[-4 * day + 4, -4 * day + 5, 0, 9, 31 * day + 5, 61 * day + 6, 62 * day + 7])
            await CallAsync(hour, talk: 60, agent: agent, user: "4915112345678");
        async Task<long> OfAllAsync(string query) => (await api.ReadAsync(api.Get($"/v1/statistics/calls?{query}")))
            .GetProperty("items").EnumerateArray().Sum(row => Number(row, "calls"));
        Task<long> CountAsync(string query) => OfAllAsync($"channel={_channel}&{query}");
        await Eventually.SeeAsync(async () => await CountAsync("from=2030-02-01&to=2030-06-01") == 7, "all are counted");
        const string period = "from=2030-02-25T05:00:00Z&to=2030-05-02T07:00:00Z";
        foreach (var parts in (string[])["", "&by=hour", "&by=day", "&by=month", "&by=direction"])
            Assert.Equal((parts, 5), (parts, await CountAsync(period + parts)));
        foreach (var parts in (string[])["&by=country", "&by=day,agent", "&by=month,country", "&country=DE"])
            Assert.Equal((parts, 6), (parts, await CountAsync(period + parts))); // in whole days
        foreach (var parts in (string[])["", "&by=day", "&by=month", "&by=direction", "&by=channel,agent"])
            Assert.Equal((parts, 6), (parts, await OfAllAsync($"{period}&agent={agent}{parts}"))); // of all channels
        foreach (var parts in (string[])["", "&by=hour", "&by=day", "&by=month", "&by=agent"])
            Assert.Equal((parts, 2), (parts, await CountAsync("from=2030-03-01&to=2030-03-02" + parts)));
    }

    [Theory]
    [InlineData("by=hour,country")]
    [InlineData("by=agent,country")]
    [InlineData("by=agent&country=DE")]
    [InlineData("by=day,month")]
    [InlineData("by=colour")]
    [InlineData("from=2030-01-01&to=2029-01-01")]
    [InlineData("from=2010-01-01&to=2029-01-01")]
    public async Task What_does_not_go_together_is_refused(string query) =>
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Get($"/v1/statistics/calls?{query}")));

    [Fact]
    public async Task The_same_numbers_come_as_a_file()
    {
        await CallAsync(9, talk: 60, agent: "anna", user: "4915112345678", mos: 4.2);
        await CountedAsync(1);
        const string query = "by=day,agent&from=2030-03-01&to=2030-03-02";
        var answer = await api.Client.SendAsync(api.Get($"/v1/statistics/calls/export?{query}&channel={_channel}"));
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.StartsWith("at,channel,direction,group,agent,country,account,calls,answered", lines[0]);
        Assert.StartsWith("2030-03-01T00:00:00.000Z,,,,anna,,,1,1,0,0,1,60,", lines[1]);
    }

    [Fact]
    public async Task Calls_are_found_by_several_causes_by_node_and_by_having_been_answered()
    {
        await CallAsync(9, talk: 60, agent: "anna", user: "4915112345678", mos: 4.2);
        await CallAsync(10, talk: null, user: "4915112345678", cause: HangupCause.NoAnswer);
        await CallAsync(11, talk: null, user: "4915112345678", cause: HangupCause.Busy);
        async Task<int> CountAsync(string query) =>
            (await api.ReadAsync(api.Get($"/v1/calls?channel={_channel}&{query}"))).GetProperty("items").GetArrayLength();
        Assert.Equal(2, await CountAsync("cause=no_answer,busy"));
        Assert.Equal(1, await CountAsync("cause=busy"));
        Assert.Equal(1, await CountAsync("answered=true"));
        Assert.Equal(2, await CountAsync("answered=false"));
        Assert.Equal(3, await CountAsync("node=n1"));
        Assert.Equal(0, await CountAsync("node=n2"));
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Get("/v1/calls?cause=busy,bored")));
    }

    [Fact]
    public async Task Old_events_are_deleted_once_they_are_counted()
    {
        var old = DateTimeOffset.UtcNow.AddDays(-40);
        await Samples.EventAsync(api, new NewEvent(EventKind.CallMissed, old, _channel));
        await Samples.EventAsync(api, new NewEvent(EventKind.CallMissed, DateTimeOffset.UtcNow, _channel));
        await Eventually.SeeAsync(
            async () =>
            {
                await api.Get<EventRetention>().PurgeAsync(DateTimeOffset.UtcNow.AddDays(-30), CancellationToken.None);
                var left = await api.ReadAsync(api.Get($"/v1/events?channel={_channel}"));
                return left.GetProperty("items").GetArrayLength() == 1;
            },
            "the old event is gone, and the new one is there");
    }

    private static long Number(JsonElement row, string name) => row.GetProperty(name).GetInt64();

    private async Task<JsonElement[]> ReadAsync(string more)
    {
        var view = await api.ReadAsync(api.Get($"/v1/statistics/calls?channel={_channel}&from=2030-03-01&to=2030-03-02{more}"));
        return [.. view.GetProperty("items").EnumerateArray()];
    }

    /// <summary>Has the calls of the day counted again, as after a re-rating.</summary>
    private async Task CountAnewAsync()
    {
        await using (var stale = api.Database.CreateCommand("INSERT INTO call_summary_days VALUES ('2030-03-01') ON CONFLICT DO NOTHING"))
            await stale.ExecuteNonQueryAsync();
        await Eventually.SeeAsync(
            async () =>
            {
                await api.Get<CallSummaries>().AdvanceAsync(CancellationToken.None);
                await using var look = api.Database.CreateCommand("SELECT count(*) FROM call_summary_days");
                return (long)(await look.ExecuteScalarAsync())! == 0;
            },
            "the day is counted anew");
    }

    private Task CountedAsync(long calls) => Eventually.SeeAsync(
        async () => (await ReadAsync("")).Sum(row => Number(row, "calls")) == calls, $"{calls} calls are counted");

    private Task CallAsync(
        int hour, int? talk, string? agent = null, string user = "15550001", double? mos = null,
        HangupCause cause = HangupCause.WhatsAppHungUp, bool isHeld = false) => Samples.CallAsync(api, call =>
    {
        var start = Day.AddHours(hour).AddMinutes(1);
        return call with
        {
            Direction = CallDirection.Inbound,
            Channel = new ChannelId(_channel),
            User = new WhatsAppUser(user),
            StartedAt = start,
            AnsweredAt = talk is null ? null : start.AddSeconds(5),
            EndedAt = start.AddSeconds(5 + (talk ?? 0)),
            Cause = cause,
            WhatsAppError = null,
            AgentId = agent is null ? null : new AgentId(agent),
            Flow = isHeld ? new FlowId("inbound") : null,
            WaitedFrom = isHeld ? start.AddSeconds(5) : null,
            WhatsAppQuality = mos is null ? null : new LegQuality(1000, 10, 3, 40, mos),
        };
    });
}
