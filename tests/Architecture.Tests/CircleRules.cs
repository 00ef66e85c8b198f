using Architecture.Tests.Source;
using Xunit.Abstractions;

namespace Architecture.Tests;

/// <summary>Files and namespaces of a project know each other in one direction only.</summary>
public sealed class CircleRules(ProductSource source, ITestOutputHelper output) : IClassFixture<ProductSource>
{
    [Fact]
    public void No_circle_between_files_or_namespaces_of_a_project()
    {
        var references = References.Of(source);
        var files = Within(references, file => file.Path);
        var namespaces = Within(references, file => file.Namespace ?? file.Project);
        output.WriteLine($"{references.Count} references between files; circles of files {files.Count}, of namespaces {namespaces.Count}");
        Law.Holds(files.Concat(namespaces));
    }

    /// <summary>Each circle with the references that close it.</summary>
    private static List<string> Within(IReadOnlyList<Reference> references, Func<SourceFile, string> of) =>
        [.. Circles.Of(references.Select(one => (of(one.From), of(one.To))))
            .Select(circle => $"{string.Join(' ', circle.Order())}\n" + string.Join('\n', references
            .Where(one => of(one.From) != of(one.To) && circle.Contains(of(one.From)) && circle.Contains(of(one.To)))
            .Select(one => $"    {one.From.Name} -> {one.To.Name} ({one.Name})")))];
}
