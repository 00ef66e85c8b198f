using System.Globalization;
using System.Text;
using Gateway.Calls.Records;

namespace Gateway.Worker.Spool;

/// <summary>
/// Every entry of this node in the order they came, a file a day. An entry is appended before anything else happens to it, and is not
/// flushed: it outlives the process, though not a power cut. The next start settles the last ones once more, and `settle` all since a time.
/// </summary>
/// <param name="spool">The spool's folder; the days are in `log` below it.</param>
internal sealed class RecordLog(string spool) : IDisposable
{
    private const string DayFormat = "yyyyMMdd";
    private const string Ending = ".log";

    /// <summary>A line: all before it is in PostgreSQL or in the spool.</summary>
    private const string AllSettled = "settled";

    /// <summary>What a node adds in some seconds, and more: an entry that is older is in PostgreSQL or in the spool.</summary>
    private const long Latest = 1 << 20;

    private const FileShare Shared = FileShare.ReadWrite | FileShare.Delete;

    private readonly string _folder = Path.Combine(spool, "log");
    private readonly Lock _lock = new();
    private FileStream? _file;
    private DateTime _day;

    /// <summary>A node has written here.</summary>
    public bool Exists => Directory.Exists(_folder);

    /// <param name="entry">As <see cref="SpoolFile"/> encodes it.</param>
    /// <param name="now">The time of the host.</param>
    /// <exception cref="IOException">The disk does not take it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Append(ReadOnlySpan<byte> entry, DateTimeOffset now)
    {
        lock (_lock)
        {
            var file = Of(now.UtcDateTime.Date);
            file.Write(entry);
            file.WriteByte((byte)'\n');
            file.Flush();
        }
    }

    /// <summary>Says that nothing before needs to be settled by the next start.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void NoteAllSettled(DateTimeOffset now) => Append(Encoding.ASCII.GetBytes(AllSettled), now);

    /// <summary>The records of calls that ended since then, the oldest first, and the faults of what cannot be read.</summary>
    public IEnumerable<(CallRecord? Record, string? Fault)> Since(DateTimeOffset time) =>
        from day in Days()
        where day.Date.AddDays(1) > time
        from line in Read(day.Path, 0)
        let decoded = line == AllSettled ? default : SpoolFile.Decode(Encoding.UTF8.GetBytes(line))
        let record = decoded.Entry as CallRecord
        where decoded.Fault is not null || record?.EndedAt >= time
        select (record, decoded.Fault);

    /// <summary>The latest entries, of which the process that wrote them may have stored none.</summary>
    public IReadOnlyList<object> Unsettled()
    {
        var entries = new List<object>();
        if (Days().Select(day => day.Path).LastOrDefault() is not { } path)
            return entries;
        foreach (var line in Read(path, Math.Max(0, new FileInfo(path).Length - Latest)))
            if (line == AllSettled)
                entries.Clear();
            else if (SpoolFile.Decode(Encoding.UTF8.GetBytes(line)).Entry is { } entry)
                entries.Add(entry);
        return entries;
    }

    /// <summary>Deletes the days that were over before then.</summary>
    public void DropBefore(DateTimeOffset time)
    {
        foreach (var day in Days().Where(day => day.Date.AddDays(1) <= time).ToList())
            File.Delete(day.Path);
    }

    public void Dispose() => _file?.Dispose();

    private FileStream Of(DateTime day)
    {
        if (_file is not null && day == _day && File.Exists(_file.Name))
            return _file;
        _file?.Dispose();
        Directory.CreateDirectory(_folder);
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = Shared };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; // it contains users' numbers
        var path = Path.Combine(_folder, day.ToString(DayFormat, CultureInfo.InvariantCulture) + Ending);
        (_file, _day) = (new FileStream(path, options), day);
        _file.WriteByte((byte)'\n'); // ends what an earlier process was in the middle of
        return _file;
    }

    /// <summary>The whole entries from a place of a file on, and the lines that are none.</summary>
    private static IEnumerable<string> Read(string path, long start)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, Shared);
        file.Position = start;
        using var reader = new StreamReader(file);
        string? head = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0)
                head = null; // its process died before it had written more
            else if (SpoolFile.IsHead(line))
                head = line;
            else if (head is not null)
                (line, head) = (head + "\n" + line, null);
            else if (line != AllSettled)
                continue;
            if (head is null && line.Length > 0)
                yield return line;
        }
    }

    private IEnumerable<(DateTimeOffset Date, string Path)> Days()
    {
        if (!Directory.Exists(_folder))
            yield break;
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Ending).Order(StringComparer.Ordinal))
            if (DateTimeOffset.TryParseExact(
                Path.GetFileNameWithoutExtension(path), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
                out var date))
                yield return (date, path);
    }
}
