using System.Collections.Concurrent;

namespace AdminConsole.Tests;

/// <summary>Forms whose request takes a while, or whose subject somebody else changes meanwhile.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class FormTests(ConsoleBench bench)
{
    [Fact]
    public async Task A_form_cannot_be_left_before_its_request_is_answered()
    {
        await AccountAsync("busy");
        await using var visit = await bench.EnterAsync(path: "/accounts/busy");
        var (dialog, answer, sent) = await TopUpAsync(visit.Page, route => route.ContinueAsync());
        await Assertions.Expect(Button(dialog, "Cancel")).ToBeDisabledAsync();
        await Assertions.Expect(Button(dialog, "Close")).ToBeDisabledAsync();
        for (var i = 0; i < 3; i++)
            await visit.Page.Keyboard.PressAsync("Escape");
        await visit.SaveAsync("form-busy");
        await visit.IsSoundAsync("a busy form");
        await Assertions.Expect(dialog).ToBeVisibleAsync();
        answer.SetResult();
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("5.00");
        Assert.Single(sent);
    }

    [Fact]
    public async Task A_form_whose_page_was_left_says_in_a_notice_what_went_wrong()
    {
        await AccountAsync("left");
        await using var visit = await bench.EnterAsync(path: "/accounts");
        var page = visit.Page;
        await page.Locator("main").GetByRole(AriaRole.Link, new() { Name = "Account left" }).ClickAsync();
        var (_, answer, _) = await TopUpAsync(
            page,
            route => route.FulfillAsync(new() { Status = 409, ContentType = "application/json", Body = "{\"detail\":\"Is closed\"}" }));
        await page.GoBackAsync();
        await Button(page.Locator("main"), "New account").ClickAsync();
        answer.SetResult();
        await Assertions.Expect(page.Locator(".notice")).ToContainTextAsync("Is closed");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "New account" })).ToBeVisibleAsync();
    }

    private Task AccountAsync(string id) =>
        bench.Samples.PostAsync("/v1/accounts", new { id, name = "Account " + id, currency = "EUR" });

    /// <summary>Sends the form of a top-up, whose request waits.</summary>
    private static async Task<(ILocator Dialog, TaskCompletionSource Answer, ConcurrentQueue<string> Sent)> TopUpAsync(
        IPage page, Func<IRoute, Task> answer)
    {
        var (held, sent) = (new TaskCompletionSource(), new ConcurrentQueue<string>());
        var hasBegun = new TaskCompletionSource();
        await page.RouteAsync("**/top-ups", async route =>
        {
            sent.Enqueue(route.Request.Headers["idempotency-key"]);
            hasBegun.TrySetResult();
            await held.Task;
            await answer(route);
        });
        await Button(page.Locator("main"), "Top up").ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Amount").FillAsync("5.00");
        await Button(dialog, "Top up").ClickAsync();
        await hasBegun.Task;
        return (dialog, held, sent);
    }

    private static ILocator Button(ILocator within, string name) => within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });
}
