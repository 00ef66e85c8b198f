using System.Globalization;
using Gateway.Calls;
using Media.Protocols.Primitives;
using NpgsqlTypes;

namespace Gateway.Storage.Rating;

/// <summary>A column of a rate: of the table `rates`, of files (<see cref="RateCsvReader"/>, <see cref="RateCsvWriter"/>) and, in
/// camelCase, of the admin API.</summary>
/// <param name="Property">Its property of <see cref="RateRow"/>.</param>
/// <param name="Type">Its type in the table; null where the rate card has it and the table has not.</param>
/// <param name="IsRequired">True where a file must have it.</param>
internal abstract record RateColumn(string Property, NpgsqlDbType? Type, bool IsRequired)
{
    public string Name { get; } = WireName.OfName(Property);

    /// <summary>The column of these rows, as an array parameter.</summary>
    public abstract TypedArray Values(IReadOnlyList<RateRow> rows);

    /// <summary>The field of a file.</summary>
    public abstract string Text(RateRow row);
}

/// <summary>The columns of a rate: the one list from which SQL and files are read and written.</summary>
public static class RateColumns
{
    /// <summary>50000:0.0070|250000:0.0050.</summary>
    internal const char BetweenTiers = '|', WithinTier = ':';

    internal static readonly RateColumn
        Direction = Column(nameof(RateRow.Direction), NpgsqlDbType.Text, row => row.Direction, text => text, isRequired: true),
        Prefix = Column(nameof(RateRow.Prefix), NpgsqlDbType.Text, row => row.Prefix, text => text, isRequired: true),
        ValidFrom = Column(nameof(RateRow.ValidFrom), NpgsqlDbType.TimestampTz, row => row.ValidFrom, Time, isRequired: true),
        ValidUntil = Column(nameof(RateRow.ValidUntil), NpgsqlDbType.TimestampTz, row => row.ValidUntil, End),
        Currency = Column(nameof(RateRow.Currency), null, row => row.Currency, text => text),
        PricePerMinute = Column(nameof(RateRow.PricePerMinute), NpgsqlDbType.Numeric, row => row.PricePerMinute, Number, isRequired: true),
        ConnectionFee = Column(nameof(RateRow.ConnectionFee), NpgsqlDbType.Numeric, row => row.ConnectionFee, Number),
        PulseSeconds = Column(nameof(RateRow.PulseSeconds), NpgsqlDbType.Integer, row => row.PulseSeconds, Whole),
        MinimumSeconds = Column(nameof(RateRow.MinimumSeconds), NpgsqlDbType.Integer, row => row.MinimumSeconds, Whole),
        Tiers = Column(nameof(RateRow.Tiers), NpgsqlDbType.Jsonb, row => row.Tiers, TiersText);

    /// <summary>In the order in which files are written; they are read in any.</summary>
    internal static readonly IReadOnlyList<RateColumn> All =
        [Direction, Prefix, ValidFrom, ValidUntil, Currency, PricePerMinute, ConnectionFee, PulseSeconds, MinimumSeconds, Tiers];

    internal static readonly IReadOnlyList<RateColumn> OfTable = [.. All.Where(column => column.Type is not null)];

    /// <summary>The names of the columns that a file may have, and of those it must have.</summary>
    public static readonly IReadOnlyList<string>
        Names = [.. All.Select(column => column.Name)],
        Required = [.. All.Where(column => column.IsRequired).Select(column => column.Name)];

    private static ColumnOf<T> Column<T>(
        string property, NpgsqlDbType? type, Func<RateRow, T> value, Func<T, string> text, bool isRequired = false) =>
        new(property, type, isRequired, value, text);

    private static string Time(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    private static string End(DateTime? time) => time is { } end ? Time(end) : "";

    private static string Whole(int value) => Number(value);

    private static string Number(decimal value) => value.ToString(CultureInfo.InvariantCulture);

    private static string TiersText(string json) => string.Join(
        BetweenTiers, RateTiers.Read(json).Select(tier => Number(tier.FromMinutes) + WithinTier + Number(tier.PricePerMinute)));

    private sealed record ColumnOf<T>(
        string Property, NpgsqlDbType? Type, bool IsRequired, Func<RateRow, T> Value, Func<T, string> Write)
        : RateColumn(Property, Type, IsRequired)
    {
        public override TypedArray Values(IReadOnlyList<RateRow> rows) => new(Type!.Value, rows.Select(Value).ToArray());

        public override string Text(RateRow row) => Write(Value(row));
    }
}
