using System.Text.Json;
using AdminApi.Tests.Kit;
using Dapper;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Events;
using Media.Protocols.Quality;

namespace AdminApi.Tests;

[Collection(ApiCollection.Name)]
public sealed class EventsTests(ApiFixture api)
{
    private readonly string _channel = "c" + Guid.NewGuid().ToString("n");

    [Fact]
    public async Task A_stream_shows_what_happens_while_it_is_open()
    {
        using var stream = await OpenAsync();
        await AddAsync(EventKind.BalanceLow, new { balance = 9.98m });
        var shown = await stream.NextAsync();
        Assert.Equal("balance.low", shown.Kind);
        Assert.Equal("9.98", shown.Data.GetProperty("data").GetProperty("balance").GetString());
    }

    [Fact]
    public async Task A_client_that_comes_back_gets_what_it_missed_and_nothing_twice()
    {
        string last;
        using (var stream = await OpenAsync())
        {
            await AddAsync(EventKind.CallMissed, new { number = 1 });
            last = (await stream.NextAsync()).Id;
        }
        await AddAsync(EventKind.CallMissed, new { number = 2 });
        await AddAsync(EventKind.CallMissed, new { number = 3 });
        using var again = await OpenAsync(last);
        Assert.Equal(2, Number(await again.NextAsync()));
        Assert.Equal(3, Number(await again.NextAsync()));
    }

    [Fact]
    public async Task An_event_that_was_written_early_and_committed_late_is_not_lost()
    {
        using var stream = await OpenAsync();
        await using var slow = await api.Database.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await EventOutbox.AppendAsync(slow, transaction, New(EventKind.CallEnded, new { number = 1 }), CancellationToken.None);
        await AddAsync(EventKind.CallEnded, new { number = 2 });
        var first = await stream.NextAsync();
        Assert.Equal(2, Number(first)); // the committed event does not wait for the other
        await transaction.CommitAsync();
        Assert.Equal(1, Number(await stream.NextAsync()));

        using var again = await OpenAsync(first.Id);
        Assert.Equal(1, Number(await again.NextAsync()));
    }

    [Fact]
    public async Task No_event_of_many_writers_is_lost_or_repeated_on_two_instances()
    {
        var (_, other) = await api.StartAsync();
        using var here = await OpenAsync();
        using var there = await OpenAsync(client: other);
        const int writers = 8, each = 25;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                await using var connection = await api.Database.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await EventOutbox.AppendAsync(
                    connection, transaction, New(EventKind.CallEnded, new { number = (writer * each) + i }), CancellationToken.None);
                await connection.ExecuteAsync("SELECT pg_sleep(random() * 0.02)", transaction: transaction); // commits overtake one another
                await transaction.CommitAsync();
            }
        })));
        foreach (var stream in new[] { here, there })
        {
            var numbers = new List<int>();
            for (var i = 0; i < writers * each; i++)
                numbers.Add(Number(await stream.NextAsync()));
            Assert.Equal(Enumerable.Range(0, writers * each), numbers.Order());
        }
    }

    [Fact]
    public async Task A_stream_shows_only_the_kinds_that_were_asked_for()
    {
        using var stream = await OpenAsync(query: "&kinds=call.missed");
        await AddAsync(EventKind.CallEnded, new { number = 1 });
        await AddAsync(EventKind.CallMissed, new { number = 2 });
        Assert.Equal(2, Number(await stream.NextAsync()));
    }

    [Fact]
    public async Task A_stream_that_asks_for_quality_gets_samples_of_live_calls_among_the_events()
    {
        using var stream = await OpenAsync(query: "&kinds=call.missed,call.quality");
        var sample = new LegSample("opus", 240, 0.1, 1, 12, null, 70, default, 3.2, null, null, IsSilent: false);
        var quality = new LiveQuality(DateTimeOffset.UtcNow, new MediaSample(sample, sample));
        var id = await Samples.LiveCallAsync(api, "n1", _channel, quality);
        var shown = await stream.NextAsync();
        Assert.Equal(("call.quality", "", id), (shown.Kind, shown.Id, shown.Data.GetProperty("callId").GetString()));
        Assert.Equal(3.2, shown.Data.GetProperty("data").GetProperty("pbx").GetProperty("mos").GetDouble());
        await AddAsync(EventKind.CallMissed, new { number = 7 }); // the sample is not sent again
        Assert.Equal(7, Number(await stream.NextAsync()));
    }

    [Theory]
    [InlineData("/v1/events?kinds=call.mist", null)]
    [InlineData("/v1/events/stream?kinds=call.mist", null)]
    [InlineData("/v1/events/stream?after=-1", null)]
    [InlineData("/v1/events/stream?kinds=call.quality&account=acme", null)]
    [InlineData("/v1/events?kinds=call.quality", null)]
    [InlineData("/v1/events/stream", "x")]
    public async Task Unknown_kinds_and_positions_are_refused(string path, string? lastEventId)
    {
        var request = api.Get(path);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        Assert.Equal((400, "invalid_request"), await api.FailAsync(request));
    }

    [Fact]
    public async Task The_timeline_is_paged_the_newest_first()
    {
        for (var i = 0; i < 3; i++)
            await AddAsync(EventKind.CallMissed, new { number = i });
        var first = await api.ReadAsync(api.Get($"/v1/events?channel={_channel}&limit=2"));
        var rest = await api.ReadAsync(api.Get($"/v1/events?channel={_channel}&limit=2&cursor={first.GetProperty("next").GetString()}"));
        int[] numbers = [.. first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray())
            .Select(e => e.GetProperty("data").GetProperty("number").GetInt32())];
        Assert.Equal([2, 1, 0], numbers);
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("next").ValueKind);
    }

    private async Task<EventStreamReader> OpenAsync(string? lastEventId = null, HttpClient? client = null, string query = "")
    {
        var request = api.Get($"/v1/events/stream?channel={_channel}{query}");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return await EventStreamReader.OpenAsync(client ?? api.Client, request);
    }

    private Task AddAsync(EventKind kind, object data) => Samples.EventAsync(api, New(kind, data));

    private NewEvent New(EventKind kind, object data) => new(kind, DateTimeOffset.UtcNow, Channel: _channel, Data: data);

    private static int Number(StreamedEvent shown) => shown.Data.GetProperty("data").GetProperty("number").GetInt32();
}
