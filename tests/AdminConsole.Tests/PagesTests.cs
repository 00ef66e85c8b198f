using System.Collections.Concurrent;

namespace AdminConsole.Tests;

/// <summary>Every page: it shows what there is, axe finds nothing, and nothing is refused by its own policy.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class PagesTests(ConsoleBench bench)
{
    public static TheoryData<string, string, string> Pages => new()
    {
        { "live", "/", "Talking" },
        { "team", "/team", "Lunch" },
        { "missed", "/missed", "No answer" },
        { "voicemails", "/voicemails", "No messages" },
        { "contacts", "/contacts", "Grace Hopper" },
        { "contact", "/contacts/CONTACT", "What happened" },
        { "calls", "/calls", "EUR" },
        { "call", "/calls/CALL", "180 Ringing" },
        { "trace", "/traces/CALL", "host to relay" },
        { "statistics", "/statistics?period=month", "Answer rate" },
        { "accounts", "/accounts", "Acme" },
        { "account", "/accounts/acme", "Low-balance warning" },
        { "rates", "/rates", "Standard" },
        { "rate-card", "/rates/standard", "0.0123" },
        { "channels", "/channels", "Support" },
        { "channel", "/channels/900100200", "Calling is on" },
        { "flows", "/flows", "Inbound" },
        { "flow", "/flows/inbound", "Dry run" },
        { "nodes", "/nodes", "gateway-1" },
        { "keys", "/keys", "of a test" },
        { "audit", "/audit", "account.create" },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_shows_what_there_is_and_is_accessible(string name, string path, string text)
    {
        var address = path.Replace("CALL", bench.Samples.CallId).Replace("CONTACT", bench.Samples.Contact.ToString());
        await using var visit = await bench.EnterAsync(path: address);
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync(text);
        await visit.SaveAsync(name);
        await visit.IsSoundAsync(name);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    [Trait("Category", "Nightly")] // a minute and a half, of which the browser works all
    public async Task A_page_fits_a_narrow_screen_in_the_dark(string name, string path, string text)
    {
        var address = path.Replace("CALL", bench.Samples.CallId).Replace("CONTACT", bench.Samples.Contact.ToString());
        await using var visit = await bench.EnterAsync(isDark: true, isNarrow: true, path: address);
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync(text);
        await visit.SaveAsync(name + "-narrow-dark");
        await visit.IsSoundAsync(name);
        var overflow = await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
        Assert.True(overflow <= 0, $"{name} is {overflow} pixels too wide");
    }

    [Fact]
    public async Task What_a_browser_loads_first_is_small()
    {
        await using var visit = await bench.VisitAsync();
        var loaded = new ConcurrentBag<double>();
        var devtools = await visit.Page.Context.NewCDPSessionAsync(visit.Page);
        await devtools.SendAsync("Network.enable");
        devtools.Event("Network.loadingFinished").OnEvent += (_, answer) =>
            loaded.Add(answer!.Value.GetProperty("encodedDataLength").GetDouble());
        var link = await bench.Samples.PostAsync("/v1/console/links", new { });
        await visit.Page.GotoAsync(link.GetProperty("path").GetString()!);
        await visit.Page.Locator("main#main h1").WaitForAsync();
        await visit.LoadedAsync();
        Console.WriteLine($"first load: {loaded.Sum() / 1000:0} kB in {loaded.Count} answers");
        Assert.InRange(loaded.Sum(), 20_000, 300_000);
    }

    [Fact]
    public async Task The_console_speaks_the_language_of_the_browser()
    {
        await using var visit = await bench.EnterAsync(language: "de", path: "/missed");
        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Verpasste Anrufe");
        Assert.Equal("de", await visit.Page.EvaluateAsync<string>("document.documentElement.lang"));
        await visit.SaveAsync("missed-german");
        await visit.Page.GetByLabel("Sprache").SelectOptionAsync("en");
        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Missed calls");
    }
}
