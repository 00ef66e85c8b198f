using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Rating;

/// <summary>A line of a file of rates.</summary>
/// <param name="Line">Counted from 1, the header included.</param>
/// <param name="Terms">The rate.</param>
public sealed record RateLine(int Line, RateTerms Terms);

/// <summary>An error in a file of rates.</summary>
/// <param name="Line">Counted from 1, the header included.</param>
/// <param name="Column">The column's name, or null where it concerns the line.</param>
/// <param name="Message">A sentence.</param>
public sealed record RateLineError(int Line, string? Column, string Message);

/// <summary>
/// Reads a file of rates by RFC 4180: UTF-8 with or without byte order mark, comma, tab or (Excel in much of Europe) semicolon between
/// fields, with or without a first line `sep=;`; always a decimal point. Reads every line and collects every error.
/// <see cref="RateCsvWriter"/> writes the same columns.
/// </summary>
public sealed class RateCsvReader
{
    public const int MaxLines = 50_000;

    private readonly string _currency;
    private readonly List<RateLine> _lines = [];
    private readonly List<RateLineError> _errors = [];
    private Dictionary<RateColumn, int> _positions = [];
    private string[] _record = [];
    private int _line;

    /// <summary>Lines before the header.</summary>
    private int _skipped;

    private RateCsvReader(string currency) => _currency = currency;

    /// <summary>All lines, and all errors: of the file, of each line, and of lines that rate the same call.</summary>
    /// <param name="file">Read to its end, and left open.</param>
    /// <param name="currency">The card's currency: a column `currency`, if present, must have the same.</param>
    public static (IReadOnlyList<RateLine> Lines, IReadOnlyList<RateLineError> Errors) Read(Stream file, string currency)
    {
        var reader = new RateCsvReader(currency);
        try
        {
            using var text = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true), leaveOpen: true);
            reader.Read(text.ReadToEnd());
            reader.CheckOverlaps();
        }
        catch (DecoderFallbackException)
        {
            reader._errors.Add(new RateLineError(1, null, "The file is not UTF-8: save it as \"CSV UTF-8\"."));
        }
        return (reader._lines, [.. reader._errors.OrderBy(e => e.Line)]);
    }

    private void Read(string text)
    {
        var delimiter = SeparatorOf(ref text);
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter,
            TrimOptions = TrimOptions.Trim,
            LineBreakInQuotedFieldIsBadData = true,
            BadDataFound = bad => Fail(null, "A quote is not closed, or is inside a field."),
        };
        using var parser = new CsvParser(new StringReader(text), configuration);
        _line = _skipped + 1;
        if (!ReadHeader(parser.Read() ? parser.Record! : []))
            return;
        for (_line = LineAfter(parser); parser.Read(); _line = LineAfter(parser))
        {
            if (_lines.Count >= MaxLines)
            {
                Fail(null, $"A file can have at most {MaxLines} rates.");
                return;
            }
            _record = parser.Record!;
            _line = parser.RawRow + _skipped;
            if (_record.Any(field => field.Length > 0)) // spreadsheets write empty rows too
                ReadLine();
        }
        if (_lines.Count == 0 && _errors.Count == 0)
            Fail(null, "The file has no rate.");
    }

    private int LineAfter(CsvParser parser) => parser.RawRow + _skipped + 1;

    /// <summary>The separator: from Excel's first line `sep=;`, which is removed, or from the header.</summary>
    private string SeparatorOf(ref string text)
    {
        var first = new StringReader(text).ReadLine() ?? "";
        if (first.Trim('"').StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && first.Trim('"') is { Length: 5 } said)
        {
            text = text[first.Length..].TrimStart('\r', '\n');
            _skipped = 1;
            return said[4..];
        }
        return first.Contains(';') ? ";" : first.Contains('\t') ? "\t" : ",";
    }

    private bool ReadHeader(string[] header)
    {
        var names = header.Select(name => name.ToLowerInvariant()).ToArray();
        _positions = RateColumns.All.ToDictionary(column => column, column => Array.IndexOf(names, column.Name));
        foreach (var unknown in names.Except(RateColumns.Names))
            Fail(unknown, $"Is not a column of rates: {string.Join(", ", RateColumns.Names)}.");
        foreach (var missing in RateColumns.Required.Except(names))
            Fail(missing, "Is missing.");
        foreach (var twice in names.GroupBy(name => name).Where(group => group.Count() > 1))
            Fail(twice.Key, "Occurs twice.");
        _record = header;
        return _errors.Count == 0;
    }

    private void ReadLine()
    {
        var before = _errors.Count;
        var fields = _positions.Values.Count(position => position >= 0);
        if (_record.Length != fields)
        {
            Fail(null, $"Has {_record.Length} fields where the header has {fields}.");
            return;
        }
        if (Field(RateColumns.Currency) is { Length: > 0 } currency && currency != _currency)
            Fail(RateColumns.Currency.Name, $"The card is in {_currency}.");
        var terms = new RateTerms(
            Direction(), PhoneText.PrefixOf(Field(RateColumns.Prefix)), Time(RateColumns.ValidFrom) ?? default,
            Field(RateColumns.ValidUntil).Length == 0 ? null : Time(RateColumns.ValidUntil),
            Money(RateColumns.PricePerMinute, null), Money(RateColumns.ConnectionFee, 0),
            Seconds(RateColumns.PulseSeconds, RateTerms.DefaultPulseSeconds),
            Seconds(RateColumns.MinimumSeconds, 0), Tiers());
        if (_errors.Count > before)
            return;
        foreach (var error in terms.Errors())
            Fail(WireName.OfName(error.Field), error.Message);
        if (_errors.Count == before)
            _lines.Add(new RateLine(_line, terms));
    }

    private CallDirection Direction()
    {
        if (!WireName.TryParse<CallDirection>(Field(RateColumns.Direction), out var direction))
            Fail(RateColumns.Direction.Name, "Must be inbound or outbound.");
        return direction;
    }

    private DateTimeOffset? Time(RateColumn column)
    {
        if (TimeText.TryRead(Field(column), out var time))
            return time;
        Fail(column.Name, TimeText.Rule);
        return null;
    }

    private decimal Money(RateColumn column, decimal? absent) =>
        Field(column) is { Length: > 0 } text ? Number(column, text) : absent ?? Number(column, "");

    private decimal Number(RateColumn column, string text)
    {
        if (decimal.TryParse(
            text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            return value;
        Fail(column.Name, "Must be a number with a decimal point, such as 0.0150.");
        return 0;
    }

    private int Seconds(RateColumn column, int absent)
    {
        if (Field(column) is not { Length: > 0 } text)
            return absent;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return value;
        Fail(column.Name, "Must be a whole number of seconds.");
        return absent;
    }

    private VolumeTier[] Tiers()
    {
        List<VolumeTier> tiers = [];
        foreach (var tier in Field(RateColumns.Tiers).Split(RateColumns.BetweenTiers, StringSplitOptions.RemoveEmptyEntries))
        {
            if (tier.Split(RateColumns.WithinTier) is [var minutes, var price])
                tiers.Add(new VolumeTier(Number(RateColumns.Tiers, minutes), Number(RateColumns.Tiers, price)));
            else
                Fail(RateColumns.Tiers.Name, "Must be written as minutes:price|minutes:price, such as 50000:0.0070|250000:0.0050.");
        }
        return [.. tiers];
    }

    private string Field(RateColumn column) => _positions[column] is >= 0 and var position ? _record[position] : "";

    private void Fail(string? column, string message) => _errors.Add(new RateLineError(_line, column, message));

    /// <summary>Checks for overlaps: of lines of one direction and prefix, ordered by start, each can
    /// only overlap the longest-lasting one before it.</summary>
    private void CheckOverlaps()
    {
        foreach (var group in _lines.GroupBy(line => (line.Terms.Direction, line.Terms.Prefix)))
        {
            RateLine? longest = null;
            foreach (var line in group.OrderBy(line => line.Terms.ValidFrom).ThenBy(line => line.Line))
            {
                if (longest is not null && longest.Terms.Overlaps(line.Terms))
                    _errors.Add(new RateLineError(
                        Math.Max(line.Line, longest.Line), null, $"Rates calls that line {Math.Min(line.Line, longest.Line)} rates too."));
                if (longest is null || longest.Terms.ValidUntil is { } end && !(line.Terms.ValidUntil <= end))
                    longest = line;
            }
        }
    }
}
