using Dapper;
using static AdminConsole.Tests.PhoneSteps;

namespace AdminConsole.Tests;

/// <summary>The phone in the browser as it is switched on and off: while it loads, in several tabs, and by several agents.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class PhoneSwitchTests(ConsoleBench bench)
{
    /// <summary>The part of the console that is loaded when a phone is switched on.</summary>
    private const string Program = "**/console/line-*.js";

    private const string Tickets = "**/v1/agents/me/phone/tickets";

    [Fact]
    public async Task A_phone_that_cannot_be_loaded_says_so_and_is_tried_again()
    {
        await using var visit = await bench.EnterAsync(path: "/phone", agent: "anna");
        var page = visit.Page;
        await page.RouteAsync(Program, route => route.AbortAsync());
        await Switch(page, "on").ClickAsync();
        await Assertions.Expect(page.Locator("main .fault")).ToContainTextAsync("could not be loaded");
        await visit.SaveAsync("phone-failed");
        await visit.IsSoundAsync("a phone that is not loaded");
        await Assertions.Expect(Switch(page, "on")).ToBeEnabledAsync();
        await page.UnrouteAsync(Program);
        await page.ReloadAsync();
        await IsShownAsync(page, "Ready");
    }

    [Theory]
    [InlineData(Program, false)]
    [InlineData(Tickets, false)]
    [InlineData(Tickets, true)]
    public async Task A_phone_that_is_switched_off_while_it_connects_stays_off_until_it_is_switched_on(string waitsFor, bool fails)
    {
        await using var visit = await bench.EnterAsync(path: "/phone", agent: "anna");
        var page = visit.Page;
        TaskCompletionSource asked = new(), answered = new(), over = new();
        await page.RouteAsync(waitsFor, async route =>
        {
            asked.TrySetResult();
            await answered.Task;
            await (fails ? route.AbortAsync() : route.ContinueAsync());
            if (await route.Request.ResponseAsync() is { } response)
                await response.FinishedAsync();
            over.TrySetResult();
        });
        await Switch(page, "on").ClickAsync();
        await asked.Task.WaitAsync(Patience);
        await Switch(page, "off").ClickAsync();
        await IsShownAsync(page, "Off");
        answered.SetResult();
        await over.Task.WaitAsync(Patience);
        await page.EvaluateAsync("new Promise((then) => setTimeout(then, 100))");
        await IsShownAsync(page, "Off");
        await SeeAsync(() => Task.FromResult(!bench.Node.Registered.Any()), "no phone");
        fails = false;
        await Switch(page, "on").ClickAsync();
        await IsShownAsync(page, "Ready");
        Assert.Single(bench.Node.Registered);
    }

    [Fact]
    public async Task A_tab_that_was_open_before_the_phone_was_switched_on_is_the_next_phone_until_it_is_switched_off()
    {
        await using var visit = await bench.EnterAsync(path: "/phone", agent: "anna");
        var page = visit.Page;
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync("/console/phone");
        await IsShownAsync(other, "Off");
        await Switch(page, "on").ClickAsync();
        await IsShownAsync(page, "Ready");
        await IsShownAsync(other, "Ready");
        await SeeAsync(() => Task.FromResult(bench.Node.Contacts.Count() == 1), "one phone");
        var first = bench.Node.Contacts.Single();
        await page.CloseAsync();
        await SeeAsync(() => Task.FromResult(bench.Node.Contacts.ToArray() is [var next] && next != first), "the next tab as the phone");
        await IsShownAsync(other, "Ready");

        var third = await other.Context.NewPageAsync();
        await third.GotoAsync("/console/phone");
        await IsShownAsync(third, "Ready");
        await Switch(third, "off").ClickAsync();
        await IsShownAsync(third, "Off");
        await IsShownAsync(other, "Off");
        await SeeAsync(() => Task.FromResult(!bench.Node.Registered.Any()), "no phone");
        await other.CloseAsync();
        await third.ReloadAsync();
        await IsShownAsync(third, "Off");
        await Switch(third, "on").ClickAsync();
        await IsShownAsync(third, "Ready");
    }

    [Fact]
    public async Task The_phone_of_an_agent_whose_session_has_ended_is_off_when_another_agent_logs_in()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        var team = await page.Context.NewPageAsync();
        await team.GotoAsync("/console/team");
        await Assertions.Expect(team.Locator("main h1")).ToBeVisibleAsync();
        await EndSessionsAsync();
        await team.ReloadAsync();
        await BenLogsInAsync(team);
        await Assertions.Expect(team.Locator("main h1")).ToBeVisibleAsync();
        await IsShownAsync(page, "Off");
        await SeeAsync(() => Task.FromResult(!bench.Node.Registered.Any()), "no phone of anna");

        await page.ReloadAsync();
        await IsShownAsync(page, "Off");
        await Switch(page, "on").ClickAsync();
        await IsShownAsync(page, "Ready");
        Assert.Equal(["ben"], bench.Node.Registered);
    }

    [Fact]
    public async Task The_phone_is_off_when_another_agent_logs_in_over_its_page()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        await EndSessionsAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Away" }).ClickAsync();
        await BenLogsInAsync(page);
        await IsShownAsync(page, "Off");
        await Switch(page, "on").ClickAsync();
        await IsShownAsync(page, "Ready");
        await SeeAsync(() => Task.FromResult(bench.Node.Registered.SequenceEqual(["ben"])), "the phone of ben alone");
    }

    private async Task EndSessionsAsync()
    {
        await using var connection = await bench.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("DELETE FROM console_sessions");
    }

    private async Task BenLogsInAsync(IPage page)
    {
        var key = await bench.Samples.PostAsync("/v1/keys", new { name = "Ben", scopes = new[] { "operate" }, agent = "ben" });
        await page.GetByLabel("API key").FillAsync(key.GetProperty("text").GetString()!);
        await page.Keyboard.PressAsync("Enter");
    }

    private static ILocator Switch(IPage page, string to) => page.GetByRole(AriaRole.Button, new() { Name = "Switch " + to });

    private static Task IsShownAsync(IPage page, string state) =>
        Assertions.Expect(page.Locator(".page-head .badge")).ToHaveTextAsync(state);
}
