using Architecture.Tests.Source;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

/// <summary>Names of the code are spelled for the world outside in one place.</summary>
public sealed class SpellingRules(ProductSource source) : IClassFixture<ProductSource>
{
    [Fact]
    public void Snake_case_is_made_in_one_place() => Law.Holds(source.Files
        .Where(file => Path.GetFileName(file.Path) != "WireName.cs")
        .SelectMany(file => file.All<MemberAccessExpressionSyntax>()
            .Where(access => access.Name.Identifier.Text.StartsWith("SnakeCase", StringComparison.Ordinal))
            .Select(access => $"{file.Path}:{access.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {access}")));
}
