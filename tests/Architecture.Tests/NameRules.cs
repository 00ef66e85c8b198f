using Architecture.Tests.Source;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

/// <summary>A name means one type in the whole product.</summary>
public sealed class NameRules(ProductSource source) : IClassFixture<ProductSource>
{
    [Fact]
    public void No_two_types_of_the_product_have_one_name() => Law.Holds(source.Files
        .SelectMany(file => file.All<BaseTypeDeclarationSyntax>()
            .Where(type => type.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax)
            .Select(type => (Name: type.Identifier.Text + Arity(type), file.Path)))
        .GroupBy(type => type.Name)
        .Where(group => group.Select(type => type.Path).Distinct().Count() > 1)
        .Select(group => $"{group.Key}: {string.Join(" ", group.Select(type => type.Path).Distinct())}"));

    private static string Arity(BaseTypeDeclarationSyntax type) =>
        type is TypeDeclarationSyntax { TypeParameterList.Parameters.Count: var count } ? "`" + count : "";
}
