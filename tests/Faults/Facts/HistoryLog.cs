namespace Faults.Facts;

/// <summary>Takes facts from any thread, and keeps them in a file too, which is whole up to the moment at which a run breaks off.</summary>
public sealed class HistoryLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Fact> _facts = [];
    private readonly StreamWriter? _file;

    /// <param name="path">Of the file; null: none.</param>
    public HistoryLog(string? path = null) => _file = path is null ? null : new StreamWriter(path);

    public void Add(Fact fact)
    {
        lock (_gate)
        {
            _facts.Add(fact);
            _file?.WriteLine(HistoryFile.Write(fact));
        }
    }

    /// <summary>In the order of their times.</summary>
    public IReadOnlyList<Fact> All()
    {
        lock (_gate)
            return [.. _facts.OrderBy(fact => fact.At)];
    }

    public void Dispose()
    {
        lock (_gate)
            _file?.Dispose();
    }
}
