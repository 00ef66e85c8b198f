using System.Text.RegularExpressions;
using System.Web;

namespace AdminConsole.Tests;

/// <summary>Filters and pages of lists: what is asked of the API, and what stays shown.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ListTests(ConsoleBench bench)
{
    [Theory]
    [InlineData("/calls", "/v1/calls")]
    [InlineData("/accounts/acme", "/v1/accounts/acme/ledger")]
    public async Task Days_of_a_filter_are_whole_and_local(string path, string list)
    {
        await using var visit = await bench.EnterAsync(path: path, zone: "Europe/Berlin");
        var page = visit.Page;
        await page.GetByLabel("From", new() { Exact = true }).FillAsync("2026-10-24");
        // The night in which clocks go back: that day has 25 hours.
        var answer = await page.RunAndWaitForResponseAsync(
            () => page.GetByLabel("Until", new() { Exact = true }).FillAsync("2026-10-25"),
            one => new Uri(one.Url).AbsolutePath == list && one.Url.Contains("to=", StringComparison.Ordinal));
        Assert.Equal(200, answer.Status);
        Assert.Equal(("2026-10-23T22:00:00.000Z", "2026-10-25T23:00:00.000Z"), PeriodOf(answer.Url));
        var file = await page.Locator($"main a[href^='{list}/export']").GetAttributeAsync("href");
        Assert.Equal(PeriodOf(answer.Url), PeriodOf(bench.Url + file));
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("from=2026-10-24&to=2026-10-25"));
    }

    [Theory]
    [InlineData("country")]
    [InlineData("agent")]
    public async Task Parts_of_the_last_day_reach_to_now(string part)
    {
        await using var visit = await bench.EnterAsync();
        var answer = await visit.Page.RunAndWaitForResponseAsync(
            () => visit.OpenAsync("/statistics?period=day"), one => one.Url.EndsWith("by=" + part, StringComparison.Ordinal));
        var counted = (await answer.JsonAsync())!.Value;
        DateTimeOffset At(string end) => counted.GetProperty(end).GetDateTimeOffset();
        Assert.InRange(DateTimeOffset.UtcNow, At("from").AddHours(23), At("to"));
    }

    [Fact]
    public async Task Pages_of_a_list_stay_when_an_event_loads_it_again_and_go_with_their_filter()
    {
        await bench.Samples.PostAsync("/v1/accounts", new { id = "long", name = "Long", currency = "EUR" });
        for (var i = 0; i < 60; i++)
            await TopUpAsync("One of many");
        await using var visit = await bench.EnterAsync(path: "/accounts/long");
        var page = visit.Page;
        var (rows, more) = (page.GetByRole(AriaRole.Region, new() { Name = "Ledger" }).Locator("tbody tr"), page.Locator(".more button"));
        await Assertions.Expect(rows).ToHaveCountAsync(50);
        await more.ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(60);
        await TopUpAsync("Seen at once");
        await Assertions.Expect(rows.First).ToContainTextAsync("Seen at once");
        await Assertions.Expect(rows).ToHaveCountAsync(61);

        await visit.OpenAsync("/accounts/long");
        var held = new TaskCompletionSource();
        await page.RouteAsync(new Regex("/ledger\\?.*cursor="), async route =>
        {
            await held.Task;
            await route.ContinueAsync();
        });
        await page.RunAndWaitForRequestAsync(() => more.ClickAsync(), new Regex("/ledger\\?.*cursor="));
        await page.GetByLabel("From", new() { Exact = true }).FillAsync("2090-01-01");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("No movements");
        var late = await page.RunAndWaitForResponseAsync(
            () => Task.FromResult(held.TrySetResult()), one => one.Url.Contains("cursor=", StringComparison.Ordinal));
        await late.FinishedAsync();
        await page.EvaluateAsync("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
        await Assertions.Expect(rows).ToHaveCountAsync(0);

        Task TopUpAsync(string note) =>
            bench.Samples.PostAsync("/v1/accounts/long/top-ups", new { amount = "1.00", currency = "EUR", note });
    }

    [Fact]
    public async Task The_menu_clears_the_filters_of_the_page_one_is_on_and_back_brings_them_again()
    {
        await using var visit = await bench.EnterAsync(path: "/missed?user=4915199&state=all");
        var page = visit.Page;
        var (user, state) = (page.GetByLabel("User"), page.GetByLabel("State"));
        await Assertions.Expect(user).ToHaveValueAsync("4915199");
        await page.GetByRole(AriaRole.Link, new() { Name = "Missed calls" }).ClickAsync();
        await Assertions.Expect(user).ToHaveValueAsync("");
        await Assertions.Expect(state).ToHaveValueAsync("open");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/console/missed$"));
        await page.GoBackAsync();
        await Assertions.Expect(user).ToHaveValueAsync("4915199");
        await Assertions.Expect(state).ToHaveValueAsync("all");
    }

    private static (string?, string?) PeriodOf(string address)
    {
        var query = HttpUtility.ParseQueryString(new Uri(address).Query);
        return (query["from"], query["to"]);
    }
}
