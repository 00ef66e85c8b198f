using System.Runtime.CompilerServices;

namespace Fuzz;

/// <summary>
/// The inputs kept in the repository: Seeds/TARGET, Crashes/TARGET and, where the tests have such a folder, their Vectors/TARGET.
/// </summary>
public static class Corpus
{
    public static string Folder(string kind, string target) => Path.Combine(Root(), kind, target);

    /// <summary>Name and bytes of each seed, past crash and vector of a target, folder by folder in the order of their names.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Load(string target) =>
        from folder in new[] { Folder("Seeds", target), Folder("Crashes", target), Path.Combine(Root(), "..", "Vectors", target) }
        where Directory.Exists(folder)
        from file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
        where !Path.GetFileName(file).StartsWith('.')
        select (Path.GetFileName(file), File.ReadAllBytes(file));

    private static string Root([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
