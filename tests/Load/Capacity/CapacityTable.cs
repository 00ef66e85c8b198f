using System.Diagnostics;
using System.Globalization;
using Testing;

namespace Load.Capacity;

/// <summary>Writes the figures of a run as one table of Markdown.</summary>
internal static class CapacityTable
{
    /// <summary>The row whose set-up the others' are compared with.</summary>
    public const string B2bua = "Asterisk, PCMU - PCMU";

    public static string Write(CapacityOptions options, IReadOnlyList<RowFigures> rows)
    {
        var b2bua = rows.FirstOrDefault(row => row.Name == B2bua)?.SetUp;
        string[] head =
        [
            "row", "CPU ms a call-second", "to floor", "CPU ms a set-up", "to Asterisk's B2BUA", "ms a silent second",
            "stores' ms a set-up", "delay p50, p99 ms", "idle ms a second", "MB a call", "MB base", "live calls", "1 core / cost",
            "set-ups a second", "load's share",
        ];
        var lines = new List<string>
        {
            $"{DateTime.UtcNow:yyyy-MM-dd}, commit {Commit()}, {Processor()}, {Environment.ProcessorCount} processors",
            $"{options.Calls} calls for {options.Duration.TotalSeconds:0} s; set-ups at {options.SetUpsPerSecond:0} a second; memory "
                + $"{options.Memory.Many} minus {options.Memory.Few} calls, {CapacityOptions.MostTranscoded} where audio is transcoded",
            Line(head),
            Line([.. head.Select(_ => "---")]),
        };
        lines.AddRange(rows.Select(row => Line(
        [
            row.Name, Text(row.Cost, "0.00"), Ratio(row.Cost, row.Floor), Text(row.SetUp, "0.0"), Ratio(row.SetUp, b2bua),
            Text(row.SilentSecond, "0.00"), Text(row.Stores, "0.0"),
            $"{Text(row.DelayP50?.TotalMilliseconds, "0.00")}, {Text(row.DelayP99?.TotalMilliseconds, "0.00")}",
            Text(row.Idle, "0.0"), Text(row.Memory, "0.000"), Text(row.Base, "0"), Text(row.Live), Text(1000 / row.Cost, "0"),
            Text(row.SetUps),
            row.LoadShare is { } share ? share.ToString("P0", CultureInfo.InvariantCulture) : "",
        ])));
        lines.AddRange(rows.Where(row => row.Remark is not null).Select(row => $"{row.Name}: {row.Remark}"));
        lines.AddRange(rows.SelectMany(Ends));
        return string.Join('\n', lines);
    }

    private static string Commit()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", Repository.Root, "describe", "--always", "--dirty"])
        {
            RedirectStandardOutput = true,
        })!;
        return git.StandardOutput.ReadToEnd().Trim();
    }

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?
            .Split(':')[1].Trim() ?? "unknown processor";

    private static IEnumerable<string> Ends(RowFigures row)
    {
        foreach (var (what, limit) in new[] { ("live calls", row.Live), ("set-ups a second", row.SetUps) })
            if (limit is not null)
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{row.Name}, {what}: at {limit.Most:0} the load took {limit.LoadShare:P0} of the machine; one step on: "
                    + $"{limit.Broken ?? "not tried"}{(limit.IsLoadsLimit ? ", the machine full or the load late" : "")}");
    }

    private static string Line(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Text(Limit? limit) => limit is null ? "" : $"{(limit.IsLoadsLimit ? "at least " : "")}{limit.Most:0}";

    private static string Ratio(double? value, double? unit) =>
        value is null || unit is null ? "" : (value / unit).Value.ToString("0.00", CultureInfo.InvariantCulture);
}
