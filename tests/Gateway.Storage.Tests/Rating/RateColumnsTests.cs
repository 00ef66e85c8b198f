using Dapper;
using Gateway.Calls;
using Gateway.Storage.Rating;
using Media.Protocols.Primitives;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Rating;

/// <summary>The list of a rate's columns is that of the table and of the document.</summary>
[Collection(StoresCollection.Name)]
public sealed class RateColumnsTests(Stores stores)
{
    /// <summary>Columns that PostgreSQL or the rate card gives to a row.</summary>
    private static readonly string[] Given = ["id", "card", "version"];

    [Fact]
    public async Task The_table_has_exactly_these_columns()
    {
        await using var database = NpgsqlDataSource.Create(stores.Postgres);
        await Migrator.MigrateAsync(database, CancellationToken.None);
        await using var connection = await database.OpenConnectionAsync();
        var columns = await connection.QueryAsync<string>("SELECT column_name FROM information_schema.columns WHERE table_name = 'rates'");
        Assert.Equal(RateColumns.OfTable.Select(column => column.Name).Concat(Given).Order(), columns.Order());
    }

    [Fact]
    public void A_row_has_a_property_for_each_and_for_no_other() => Assert.Equal(
        RateColumns.All.Select(column => column.Name).Concat(Given).Order(),
        typeof(RateRow).GetProperties().Select(property => WireName.OfName(property.Name)).Order());

    [Fact]
    public void The_document_names_them_in_the_order_in_which_they_are_written()
    {
        var text = File.ReadAllText(Repository.File("gateway/Gateway.Calls/Rating/README.md"));
        Assert.Contains($"    {string.Join(",", RateColumns.Names)}\n", text, StringComparison.Ordinal);
        Assert.Contains($"\nRequired: {string.Join(", ", RateColumns.Required)}.", text, StringComparison.Ordinal);
    }
}
