using System.Globalization;

namespace Gateway.Worker.Spool;

/// <summary>
/// The records that PostgreSQL has stored, kept for a while, one folder a day: what a restored dump lacks can be settled again from them
/// (`settle`).
/// </summary>
/// <param name="spool">The spool's folder; the days are in `settled` below it.</param>
internal sealed class SettledFolder(string spool)
{
    private const string DayFormat = "yyyyMMdd";

    private readonly string _folder = Path.Combine(spool, "settled");

    /// <summary>Moves a spooled file here. Not flushed: after a power cut it waits in the spool again, and changes nothing.</summary>
    public void Take(string path)
    {
        var name = Path.GetFileName(path);
        var day = Path.Combine(_folder, name[..DayFormat.Length]);
        Directory.CreateDirectory(day);
        File.Move(path, Path.Combine(day, name), overwrite: true);
    }

    /// <summary>Paths of the records of calls that ended since then, the oldest first.</summary>
    public IEnumerable<string> Since(DateTimeOffset time) => Days()
        .Where(day => day.Date.AddDays(1) > time)
        .SelectMany(day => Directory.EnumerateFiles(day.Path).Order(StringComparer.Ordinal))
        .Where(path => SpoolFile.TimeOf(Path.GetFileName(path)) >= time);

    /// <summary>Deletes the days that were over before then.</summary>
    public void DropBefore(DateTimeOffset time)
    {
        foreach (var day in Days().Where(day => day.Date.AddDays(1) <= time).ToList())
            Directory.Delete(day.Path, recursive: true);
    }

    private IEnumerable<(DateTimeOffset Date, string Path)> Days()
    {
        if (!Directory.Exists(_folder))
            yield break;
        foreach (var path in Directory.EnumerateDirectories(_folder).Order(StringComparer.Ordinal))
            if (DateTimeOffset.TryParseExact(
                Path.GetFileName(path), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
                yield return (date, path);
    }
}
