using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Testing;

namespace Architecture.Tests.Source;

/// <summary>
/// The product's own C# files, parsed once, and one compilation of all of them, so that a name leads to the file that declares it.
/// </summary>
public sealed class ProductSource
{
    private static readonly string[] Folders = ["gateway", "media", "admin-api"];

    /// <summary>
    /// The implicit usings of the SDKs (https://learn.microsoft.com/dotnet/core/project-sdk/overview#implicit-using-directives).
    /// </summary>
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    public ProductSource()
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.None);
        Files = [.. Folders.SelectMany(folder => Find(Repository.File(folder))).Select(path => new SourceFile(path, options))];
        var framework = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        Compilation = CSharpCompilation.Create(
            "Product",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, options), .. Files.Select(file => file.Tree)],
            framework,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
    }

    public IReadOnlyList<SourceFile> Files { get; }

    public CSharpCompilation Compilation { get; }

    /// <summary>The folders of projects: those that hold a project file.</summary>
    public static IEnumerable<string> Projects => Folders
        .SelectMany(folder => Directory.EnumerateFiles(Repository.File(folder), "*.csproj", SearchOption.AllDirectories))
        .Select(file => Path.GetDirectoryName(file)!);

    private static IEnumerable<string> Find(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);
}

/// <summary>One file of the product.</summary>
public sealed class SourceFile(string path, CSharpParseOptions options)
{
    /// <summary>Relative to the repository, with slashes.</summary>
    public string Path { get; } = System.IO.Path.GetRelativePath(Repository.Root, path);

    public SyntaxTree Tree { get; } = CSharpSyntaxTree.ParseText(File.ReadAllText(path), options, path);

    /// <summary>The project's name: the second folder of the path.</summary>
    public string Project => Path.Split('/')[1];

    /// <summary>The file inside its project.</summary>
    public string Name => Path[(Path.IndexOf(Project, StringComparison.Ordinal) + Project.Length + 1)..];

    public IReadOnlyList<string> Lines { get; } = File.ReadAllLines(path);

    public IEnumerable<T> All<T>() where T : SyntaxNode => Tree.GetRoot().DescendantNodes().OfType<T>();

    public string? Namespace => All<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString();
}
