using Architecture.Tests.Source;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

/// <summary>Time is an argument of pure code and a TimeProvider of shells: composition roots alone choose the system's clock.</summary>
public sealed class ClockRules(ProductSource source) : IClassFixture<ProductSource>
{
    private static readonly HashSet<string> Clocks =
        ["DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "TimeProvider.System",
            "Environment.TickCount", "Environment.TickCount64"];

    private static readonly string[] Roots = ["Program.cs", "GatewayHost.cs", "AdminApiHost.cs"];

    [Fact]
    public void The_systems_clock_is_chosen_by_composition_roots_alone() => Law.Holds(source.Files
        .Where(file => !Roots.Contains(Path.GetFileName(file.Path)))
        .SelectMany(file => file.All<MemberAccessExpressionSyntax>().Where(access => Clocks.Contains(access.ToString()))
            .Select(access => $"{file.Path}:{access.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {access}")));
}
