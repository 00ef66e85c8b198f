namespace AdminConsole.Tests;

/// <summary>Every page: it shows what there is, axe finds nothing, and nothing is refused by its own policy.</summary>
[Collection(ConsoleCollection.Name)]
[Trait("Category", "Long")]
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
        { "call", "/calls/CALL", "gateway-1" },
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
