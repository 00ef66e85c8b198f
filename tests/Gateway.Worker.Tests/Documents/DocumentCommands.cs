using System.Text.RegularExpressions;
using Testing;

namespace Gateway.Worker.Tests.Documents;

/// <summary>
/// The commands of a document: lines of its code blocks, indented or fenced without a language, each without the remark that two spaces
/// part from it, and inline code that begins as a command does.
/// </summary>
internal static partial class DocumentCommands
{
    public static readonly string[] Documents =
    [
        "README.md", "CONTRIBUTING.md", "admin-api/README.md", "deploy/README.md", "tests/README.md", "gateway/Gateway.Worker/README.md",
    ];

    /// <summary>Scripts, each a list of commands that share variables: a block, or one inline command.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> ScriptsOf(string document)
    {
        List<IReadOnlyList<string>> scripts = [];
        List<string> block = [];
        string? fence = null;
        var before = "";
        foreach (var line in File.ReadLines(Repository.File(document)))
        {
            if (line.TrimStart() is ['`', '`', '`', .. var language])
                fence = fence is null ? language : null;
            else if (fence is "" || (fence is null && IsIndented(line) && (block.Count > 0 || before is "" or ['#', ..])))
                block.Add(line);
            else if (fence is null)
            {
                Take(scripts, block);
                scripts.AddRange(Inline().Matches(line).Select(match => (string[])[match.Groups[1].Value]));
            }
            before = line;
        }
        Take(scripts, block);
        return scripts;
    }

    private static bool IsIndented(string line) => line.StartsWith("    ", StringComparison.Ordinal);

    private static void Take(List<IReadOnlyList<string>> scripts, List<string> block)
    {
        if (block.Count == 0)
            return;
        var joined = Continuation().Replace(string.Join('\n', block), " ");
        scripts.Add([.. joined.Split('\n').Select(line => Remark().Replace(line.Trim(), "")).Where(line => line.Length > 0)]);
        block.Clear();
    }

    [GeneratedRegex("`((?:dotnet|curl|psql|pg_dump|pg_restore|Gateway\\.Worker|AdminApi|\\./\\w+|deploy/publish|tests/debian13|apt-get|git|"
        + "systemctl) [^`]+|dotnet [A-Z]\\w+\\.dll)`")]
    private static partial Regex Inline();

    [GeneratedRegex(@"\s*\\\n\s*")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"\s{2,}.*$")]
    private static partial Regex Remark();
}
