using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace AdminConsole.Tests;

/// <summary>Somebody at the console, in a browser of their own.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string _screenshots;

    internal Visit(IBrowserContext context, IPage page, string screenshots)
    {
        (_context, Page, _screenshots) = (context, page, screenshots);
        page.PageError += (_, error) => Faults.Enqueue(error);
        page.Console += (_, message) =>
        {
            // An answer that is an error is one that the test asked for.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                Faults.Enqueue(message.Text);
        };
    }

    public IPage Page { get; }

    /// <summary>What scripts threw, and what the policy of the page refused.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Opens a page of the console, and returns when what it shows is loaded.</summary>
    public async Task OpenAsync(string path)
    {
        await Page.GotoAsync("/console" + path);
        await Page.Locator("main h1").WaitForAsync();
        await LoadedAsync();
    }

    public Task LoadedAsync() => Assertions.Expect(Page.Locator(".loading")).ToHaveCountAsync(0);

    public Task SaveAsync(string name) =>
        Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(_screenshots, name + ".png"), FullPage = true });

    /// <summary>Asserts that axe finds nothing wrong with what is shown, and that nothing was thrown or refused.</summary>
    public async Task IsSoundAsync(string what)
    {
        var result = await Page.RunAxe();
        Assert.True(result.Violations.Length == 0, $"{what}:\n" + string.Join('\n', result.Violations.Select(Text)));
        Assert.True(Faults.IsEmpty, $"{what}: {string.Join('\n', Faults)}");
    }

    private static string Text(AxeResultItem violation) =>
        $"{violation.Id}: {violation.Help}\n" + string.Join('\n', violation.Nodes.Take(5).Select(node => "  " + node.Html));

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
