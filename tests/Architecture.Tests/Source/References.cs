using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests.Source;

/// <summary>A file that names a type, or a member of a type, which another file of its project declares.</summary>
public sealed record Reference(SourceFile From, SourceFile To, string Name);

/// <summary>The references between the files of each project of the product.</summary>
public static class References
{
    /// <summary>
    /// One for each pair of files. Types that the compiler infers are no references, but the members that are used of them are.
    /// </summary>
    public static IReadOnlyList<Reference> Of(ProductSource source)
    {
        var files = source.Files.ToDictionary(file => file.Tree);
        return [.. source.Files.AsParallel().AsOrdered().SelectMany(file => Of(file, source, files).DistinctBy(reference => reference.To))];
    }

    private static IEnumerable<Reference> Of(SourceFile file, ProductSource source, Dictionary<SyntaxTree, SourceFile> files)
    {
        var model = source.Compilation.GetSemanticModel(file.Tree);
        foreach (var name in file.All<SimpleNameSyntax>().Where(name => name is not IdentifierNameSyntax { IsVar: true }))
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            var type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
            foreach (var declaration in type?.OriginalDefinition.DeclaringSyntaxReferences ?? [])
                if (files.TryGetValue(declaration.SyntaxTree, out var other) && other != file && other.Project == file.Project)
                    yield return new(file, other, name.Identifier.Text);
        }
    }
}
