using Architecture.Tests.Source;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Testing;
using Xunit.Abstractions;

namespace Architecture.Tests;

/// <summary>Sizes that a reader can hold: columns, methods, files, constructors. Each test prints what it measured.</summary>
public sealed class SizeRules(ProductSource source, ITestOutputHelper output) : IClassFixture<ProductSource>
{
    /// <summary>Flat switches over a closed set, one case after the other: to cut them would part what is read as one table.</summary>
    private static readonly HashSet<string> Tables =
    [
        "InboundCall.HandleInState", // the transitions of an inbound call, in the order in which an answered one passes them
        "ReasonPhrases.For", // one phrase for each SIP status
    ];

    private const int Columns = 140, MethodLines = 60, FileLines = 400, Parameters = 7;

    [Fact]
    public void Lines_have_at_most_140_columns()
    {
        var roots = new[] { "gateway", "media", "admin-api", "tests" };
        Law.Holds(roots
            .SelectMany(folder => Directory.EnumerateFiles(Repository.File(folder), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(path => File.ReadLines(path)
                .Select((line, i) => (Place: $"{Path.GetRelativePath(Repository.Root, path)}:{i + 1}", line.Length)))
            .Where(line => line.Length > Columns)
            .Select(line => $"{line.Place}: {line.Length}"));
    }

    [Fact]
    public void Files_have_at_most_400_lines()
    {
        var lengths = source.Files.Select(file => file.Lines.Count).Order().ToArray();
        output.WriteLine(
            $"{lengths.Length} files, {lengths.Sum()} lines; a file: median {Rank(lengths, 0.5)}, 90 % {Rank(lengths, 0.9)}, longest " +
            $"{lengths[^1]}");
        Law.Holds(source.Files.Where(file => file.Lines.Count > FileLines).Select(file => $"{file.Path}: {file.Lines.Count}"));
    }

    [Fact]
    public void Methods_have_at_most_60_lines()
    {
        var methods = source.Files
            .SelectMany(file => file.All<BaseMethodDeclarationSyntax>().Select(
                method => (file.Path, Name: $"{Path.GetFileNameWithoutExtension(file.Path)}.{NameOf(method)}", Lines: LinesOf(method))))
            .ToArray();
        var lengths = methods.Select(method => method.Lines).Order().ToArray();
        output.WriteLine($"{lengths.Length} methods; lines: median {Rank(lengths, 0.5)}, 90 % {Rank(lengths, 0.9)}, longest {lengths[^1]}");
        Law.Holds(methods.Where(method => method.Lines > MethodLines && !Tables.Contains(method.Name))
            .Select(method => $"{method.Path}: {method.Name}: {method.Lines}"));
    }

    /// <summary>Records of values are not meant: what they hold is named where it is given.</summary>
    [Fact]
    public void Constructors_have_at_most_7_parameters()
    {
        var constructors = source.Files.SelectMany(file => file.All<ConstructorDeclarationSyntax>()
            .Select(constructor => (file.Path, constructor.Identifier.Text, constructor.ParameterList.Parameters.Count))
            .Concat(file.All<ClassDeclarationSyntax>().Where(type => type.ParameterList is not null)
                .Select(type => (file.Path, type.Identifier.Text, type.ParameterList!.Parameters.Count))))
            .ToArray();
        output.WriteLine($"{constructors.Length} constructors; parameters: most {constructors.Max(one => one.Count)}");
        Law.Holds(constructors.Where(one => one.Count > Parameters).Select(one => $"{one.Path}: {one.Text}: {one.Count}"));
    }

    private static string NameOf(BaseMethodDeclarationSyntax method) => method switch
    {
        MethodDeclarationSyntax named => named.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        _ => method.Kind().ToString(),
    };

    private static int LinesOf(BaseMethodDeclarationSyntax method)
    {
        var span = method.SyntaxTree.GetLineSpan(method.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static int Rank(int[] sorted, double share) => sorted[(int)(share * (sorted.Length - 1))];
}
