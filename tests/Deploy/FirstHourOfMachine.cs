using Testing;
using Xunit.Abstractions;

namespace Deploy;

/// <summary>"First hour" of deploy/README.md on a Debian on which nothing was installed before, with Asterisk behind it.</summary>
[Trait("Category", "Nightly")] // minutes, most of which go to the package and the bare Debian
public sealed class FirstHourOfMachine(ITestOutputHelper output)
{
    [Fact]
    public async Task A_bare_Debian_comes_to_a_call_that_both_ends_hear() =>
        output.WriteLine(await Command.SucceedsAsync(Repository.File("tests", "Deploy", "first-hour"), []));
}
