using System.Runtime.CompilerServices;

namespace Fuzz;

/// <summary>The inputs kept in the repository: Seeds/TARGET and Crashes/TARGET.</summary>
public static class Corpus
{
    public static string Folder(string kind, string target) => Path.Combine(Root(), kind, target);

    /// <summary>Name and bytes of each seed and each past crash of a target, in the order of their names.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Load(string target) =>
        from kind in new[] { "Seeds", "Crashes" }
        let folder = Folder(kind, target)
        where Directory.Exists(folder)
        from file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
        where !Path.GetFileName(file).StartsWith('.')
        select (Path.GetFileName(file), File.ReadAllBytes(file));

    private static string Root([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
