using System.Text;
using Gateway.Calls;
using Gateway.Storage.Rating;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Rating;

[Collection(StoresCollection.Name)]
public sealed class RateImportTests(Stores stores) : IAsyncLifetime
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _card = "f" + Guid.NewGuid().ToString("n")[..12];

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await new RateCardStore(_database).CreateAsync(_card, "files", "USD", "tests", CancellationToken.None);
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Theory]
    [InlineData("", "2031-01-01")]
    [InlineData("2031-01-01", "")]
    [InlineData("", "")]
    [InlineData("2031-01-01", "2031-01-01")]
    public async Task A_file_is_taken_whichever_of_its_rates_end(string first, string second)
    {
        var result = await ImportAsync(
            $"direction,prefix,valid_from,valid_until,price_per_minute\n" +
            $"outbound,49,2030-01-01,{first},0.1\noutbound,33,2030-01-01,{second},0.2\n");
        Assert.Empty(result.Errors);
        var rates = await new RateStore(_database).ListAsync(_card, null, null, null, null, 10, CancellationToken.None);
        Assert.Equal([first.Length > 0, second.Length > 0], rates.Select(rate => rate.ValidUntil is not null));
        var again = await ImportAsync(
            $"direction,prefix,valid_from,valid_until,price_per_minute\n" +
            $"outbound,49,2030-06-01,{first},0.3\noutbound,33,2030-06-01,{second},0.3\n", replaces: true);
        Assert.Equal(2, again.Closed);
    }

    /// <summary>A database may be away when the next rate begins.</summary>
    [Fact]
    public async Task Rates_that_begin_later_are_listed_too_and_those_that_are_over_are_not()
    {
        await ImportAsync(
            "direction,prefix,valid_from,valid_until,price_per_minute\n"
            + "outbound,49,2030-01-01,2030-07-01,0.1\noutbound,49,2030-07-01,2031-01-01,0.2\noutbound,49,2031-01-01,,0.3\n");
        var listed = await new RateStore(_database).ListFromAsync(
            _card, new DateTimeOffset(2030, 12, 31, 0, 0, 0, TimeSpan.Zero), null, 10, CancellationToken.None);
        Assert.Equal([0.2m, 0.3m], listed.Select(rate => rate.Rate.PricePerMinute));
        Assert.Single(await new RateStore(_database).ListFromAsync(
            _card, listed[0].ValidFrom, listed[0].Rate.Id, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_file_as_a_spreadsheet_writes_it_is_taken_and_errors_name_its_lines()
    {
        var result = await ImportAsync(
            "sep=;\r\ndirection;prefix;valid_from;price_per_minute\r\n;;;\r\noutbound;+49 155;2030-01-01;0.1\r\n\r\n;;;\r\n");
        Assert.Empty(result.Errors);
        Assert.Equal("49155", Assert.Single(await new RateStore(_database)
            .ListAsync(_card, CallDirection.Outbound, null, null, null, 10, CancellationToken.None)).Rate.Prefix);
        var wrong = await ImportAsync("sep=;\r\ndirection;prefix;valid_from;price_per_minute\r\n;;;\r\noutbound;521;2030-01-01;0.1\r\n");
        Assert.Equal((4, "prefix"), (Assert.Single(wrong.Errors).Line, wrong.Errors[0].Column));
    }

    private async Task<RateImportResult> ImportAsync(string file, bool replaces = false) =>
        (await new RateImport(_database).ImportAsync(
            _card, new MemoryStream(Encoding.UTF8.GetBytes(file)), new RateImportMode(replaces, false), "tests", DateTimeOffset.UtcNow,
            CancellationToken.None)).Value!;
}
