using System.Text.RegularExpressions;
using AdminApi.Platform;
using Dapper;

namespace AdminConsole.Tests;

/// <summary>Log-in, a session that ends while somebody works, and an API that fails: each a state that the page shows.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class AccessTests(ConsoleBench bench)
{
    [Fact]
    public async Task Somebody_logs_in_with_a_key_and_out_again()
    {
        await using var visit = await bench.VisitAsync();
        await visit.Page.GotoAsync("/console/calls");
        await visit.SaveAsync("login");
        await visit.IsSoundAsync("login");
        await visit.Page.GetByLabel("API key").FillAsync("wag_wrong_key");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no valid key");
        await visit.Page.GetByLabel("API key").FillAsync(bench.Key);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Calls");
        const string kept = "JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie";
        Assert.DoesNotContain(bench.Key, await visit.Page.EvaluateAsync<string>(kept));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByLabel("API key")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_key_that_may_only_read_is_offered_nothing_else()
    {
        await using var visit = await bench.VisitAsync();
        await bench.Samples.LiveCallsAsync(3);
        await visit.Page.GotoAsync("/console/");
        await visit.Page.GetByLabel("API key").FillAsync(await bench.KeyAsync(Scope.Read));
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("Talking");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Hang up" })).ToHaveCountAsync(0);
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Keys" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_key_that_may_only_operate_is_not_offered_to_drain_or_reload_a_gateway()
    {
        await using var visit = await bench.VisitAsync();
        await visit.Page.GotoAsync("/console/nodes");
        await visit.Page.GetByLabel("API key").FillAsync(await bench.KeyAsync(Scope.Operate));
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("gateway-1");
        foreach (var name in new[] { "Drain", "Reload" })
            await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = name })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_session_that_ends_while_somebody_types_loses_nothing()
    {
        await bench.Samples.MissedCallAsync("Typed about");
        await using var visit = await bench.EnterAsync(path: "/missed");
        var page = visit.Page;
        var row = page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("Typed about") });
        await row.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await page.GetByLabel("Note").FillAsync("Half a sentence");
        await using (var connection = await bench.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("DELETE FROM console_sessions");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Your session has ended")).ToBeVisibleAsync();
        await visit.SaveAsync("session-ended");
        await page.GetByLabel("API key").FillAsync(bench.Key);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByLabel("Note")).ToHaveValueAsync("Half a sentence");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("Half a sentence");
    }

    [Fact]
    public async Task An_API_that_fails_is_shown_and_asked_again()
    {
        await using var visit = await bench.EnterAsync();
        var page = visit.Page;
        var fails = true;
        await page.RouteAsync("**/v1/calls?*", async route =>
        {
            if (fails)
                await route.FulfillAsync(new() { Status = 500, ContentType = "application/json", Body = "{\"detail\":\"A defect\"}" });
            else
                await route.ContinueAsync();
        });
        await page.RouteAsync("**/v1/calls", async route =>
        {
            if (fails)
                await route.FulfillAsync(new() { Status = 500, Body = "" });
            else
                await route.ContinueAsync();
        });
        await visit.OpenAsync("/calls");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The gateway could not do it");
        await visit.SaveAsync("api-fails");
        await visit.IsSoundAsync("a failing API");
        fails = false;
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("EUR");
    }

    [Fact]
    public async Task Every_page_says_when_the_API_fails_and_offers_to_ask_again()
    {
        await using var visit = await bench.EnterAsync();
        var page = visit.Page;
        await page.RouteAsync("**/v1/**", route => route.Request.Url.Contains("/events/stream", StringComparison.Ordinal)
            ? route.ContinueAsync()
            : route.FulfillAsync(new() { Status = 500, ContentType = "application/problem+json", Body = "{\"detail\":\"A defect\"}" }));
        foreach (var path in bench.Samples.Pages)
        {
            await visit.OpenAsync(path);
            await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("The gateway could not do it");
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).First).ToBeVisibleAsync();
            Assert.True(visit.Faults.IsEmpty, $"{path}: {string.Join('\n', visit.Faults)}");
        }
    }

    [Fact]
    public async Task Names_that_hold_script_or_turn_the_direction_are_only_text()
    {
        await bench.Samples.MissedCallAsync(ConsoleSamples.HostileName);
        await using var visit = await bench.EnterAsync();
        foreach (var path in bench.Samples.Pages)
        {
            await visit.OpenAsync(path);
            if (path is "/missed" or "/team" or "/contacts" or "/calls" or "/accounts" or "/rates" or "/flows" or "/keys" or "/channels")
                await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("<script>window.hacked=1</script>gnol");
            Assert.Null(await visit.Page.EvaluateAsync<int?>("window.hacked ?? null"));
            Assert.DoesNotContain('\u202E', await visit.Page.Locator("main").InnerTextAsync());
            Assert.True(visit.Faults.IsEmpty, $"{path}: {string.Join('\n', visit.Faults)}");
        }
    }
}
