using System.Globalization;
using CsvHelper;
using Gateway.Calls.Rating;

namespace Gateway.Storage.Rating;

/// <summary>Writes rates so that <see cref="RateCsvReader"/> reads the same ones: all columns, commas, CRLF, times in UTC.</summary>
public static class RateCsvWriter
{
    public static void Write(TextWriter text, IEnumerable<CardRate> rates)
    {
        using var csv = new CsvWriter(text, CultureInfo.InvariantCulture, leaveOpen: true);
        foreach (var name in RateColumns.Names)
            csv.WriteField(name);
        csv.NextRecord();
        foreach (var row in rates.Select(RateRow.Of))
        {
            foreach (var column in RateColumns.All)
                csv.WriteField(column.Text(row));
            csv.NextRecord();
        }
    }
}
