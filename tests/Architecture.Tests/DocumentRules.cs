using Architecture.Tests.Source;
using Testing;

namespace Architecture.Tests;

/// <summary>Documents that are read: one page where one enters, and one for each project.</summary>
public sealed class DocumentRules
{
    private const int EntryBytes = 8 * 1024, PageLines = 60;

    /// <summary>Manuals, which are looked things up in.</summary>
    private static readonly string[] Manuals = ["Gateway.Worker"];

    [Fact]
    public void The_first_document_has_at_most_8_kB() => Assert.InRange(new FileInfo(Repository.File("README.md")).Length, 1, EntryBytes);

    [Fact]
    public void Every_project_has_a_README_of_a_page_at_most() => Law.Holds(ProductSource.Projects
        .Select(folder => (Project: Path.GetFileName(folder), File: Path.Combine(folder, "README.md")))
        .Where(one => !File.Exists(one.File) || (!Manuals.Contains(one.Project) && File.ReadLines(one.File).Count() > PageLines))
        .Select(one => one.Project));
}
