using Faults.Judging;
using Faults.Runs;
using Xunit.Abstractions;

namespace Faults.Tests;

/// <summary>Short runs of chosen seeds, which together have every kind of fault; long ones are started by hand (tests/README.md).</summary>
[Trait("Category", "Alone")] // a busy machine breaks rules of its own: ./test faults
public sealed class SeedTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(5, true)]
    public async Task No_rule_is_broken(int seed, bool hasSentinel)
    {
        var file = Path.Combine(Path.GetTempPath(), $"faults-{seed}.jsonl");
        await using var run = new FaultRun(
            new FaultRunOptions { Seed = seed, Length = TimeSpan.FromSeconds(18), Calls = 5, HasSentinel = hasSentinel, History = file },
            output.WriteLine);
        var history = await run.RunAsync(CancellationToken.None);
        var findings = Judge.Check(history);
        output.WriteLine(Summary.Of(history, findings));
        Assert.True(findings.Count == 0, $"seed {seed}, {file}:\n{string.Join('\n', findings)}");
    }
}
