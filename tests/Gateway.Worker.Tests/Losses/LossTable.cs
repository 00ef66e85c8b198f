using Testing;

namespace Gateway.Worker.Tests.Losses;

/// <summary>The table of deploy/README.md that says what the loss of a store does to calls: each line of it is a test.</summary>
internal static class LossTable
{
    private const string Head = "| Lost | Live calls | Ringing calls | New calls | Records and charges |";

    /// <summary>The lines whose store begins with a word.</summary>
    public static TheoryData<string, string, string, string, string> Of(string store)
    {
        var data = new TheoryData<string, string, string, string, string>();
        foreach (var row in Rows().Where(row => row[0].StartsWith(store, StringComparison.Ordinal)))
            data.Add(row[0], row[1], row[2], row[3], row[4]);
        return data;
    }

    /// <summary>All lines, as cells.</summary>
    public static IEnumerable<string[]> Rows() => File.ReadLines(Repository.File("deploy/README.md"))
        .SkipWhile(line => line != Head).Skip(2).TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray());
}
