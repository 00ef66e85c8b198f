using System.Diagnostics;
using System.Text.RegularExpressions;
using Interop.Bench;
using Interop.Browser;
using Microsoft.Playwright;
using Testing.Peers;
using Xunit.Abstractions;

namespace Interop;

/// <summary>The README's "A call in the browser" by a newcomer, who knows only what `./run` prints.</summary>
[Collection(InteropCollection.Name)]
[Trait("Category", "Nightly")]
public sealed partial class FirstBrowserCall(ITestOutputHelper output)
{
    private const double ToneHertz = 440;

    [Fact]
    public async Task A_newcomer_takes_a_call_in_the_browser_in_six_steps_within_two_minutes()
    {
        await using var run = ChildProgram.Of("run", "tests/Demo", [], new Dictionary<string, string>(), Path.GetTempPath());
        await Eventually.SeeAsync(
            () => run.HasExited || run.Tail(100).Any(line => line.EndsWith("openapi/v1.json", StringComparison.Ordinal)), "./run is up",
            TimeSpan.FromMinutes(3));
        var text = run.Tail(100).SkipWhile(line => !line.TrimStart().StartsWith("browser ", StringComparison.Ordinal)).ToList();
        Assert.True(text.Count > 0, string.Join('\n', run.Tail(100)));
        var (phone, user) = (Address(text[0]), Address(text[2]));

        await using var browser = await AgentBrowser.StartAsync();
        var watch = Stopwatch.StartNew();
        await using var agent = await browser.EnterAsync(new Uri(phone).GetLeftPart(UriPartial.Authority), phone); // 1
        await agent.PressAsync("Switch on"); // 2
        await agent.IsReadyAsync();
        await agent.PressAsync("Available"); // 3
        var handset = await agent.BesideAsync(user); // 4
        await handset.GetByRole(AriaRole.Button, new() { Name = "Call", Exact = true }).ClickAsync(); // 5
        await agent.PressAsync("Accept"); // 6
        await agent.HearsAsync(ToneHertz);
        await Assertions.Expect(handset.Locator("#heard")).ToContainTextAsync(Microphone());
        output.WriteLine($"Heard at both ends after {watch.Elapsed.TotalSeconds:0.0} s and six steps.");
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2));
    }

    /// <summary>The tone of <see cref="AgentBrowser.Hertz"/>, as the user's page measures it.</summary>
    [GeneratedRegex("(69[5-9]|70[0-5]) Hz")]
    private static partial Regex Microphone();

    private static string Address(string line) => line[line.IndexOf("http", StringComparison.Ordinal)..].Trim();
}
