using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Storage.Channels;

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

    [Fact]
    public async Task Terms_of_an_account_are_not_saved_over_those_that_somebody_else_has_set_meanwhile()
    {
        await AccountAsync("wanted");
        await using var visit = await bench.EnterAsync(path: "/accounts/wanted");
        var page = visit.Page;
        await Button(page.Locator("main"), "Edit").ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        var terms = new
        {
            name = "Renamed", rateCard = ConsoleSamples.Card, minimumInbound = "1.00", minimumOutbound = "1.00", isClosed = false,
        };
        await bench.Samples.PostAsync("/v1/accounts/wanted", terms, HttpMethod.Put, "1");
        await bench.Samples.PostAsync("/v1/accounts/wanted/top-ups", new { amount = "1.00", currency = "EUR" });
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Renamed");
        await Button(dialog, "Save").ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("at version 2");
        await Button(dialog, "Cancel").ClickAsync();
        await Button(page.Locator("main"), "Edit").ClickAsync();
        await Assertions.Expect(dialog.GetByLabel("Name")).ToHaveValueAsync("Renamed");
        await Button(dialog, "Save").ClickAsync();
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData("900100210", 0, "Name", "Mine")]
    [InlineData("900100211", 1, "Monday", "0900-1700")]
    public async Task Settings_of_a_channel_are_not_saved_over_those_that_somebody_else_has_set_meanwhile(
        string id, int form, string field, string text)
    {
        await bench.Get<ChannelStore>().SeedAsync([new(new ChannelId(id), "49301234" + id[^4..], "DE")], CancellationToken.None);
        await using var visit = await bench.EnterAsync(path: "/channels/" + id);
        var page = visit.Page;
        await Button(page.Locator("main"), "Edit").Nth(form).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel(field).FillAsync(text);
        await bench.Samples.PostAsync("/v1/channels/" + id, new { name = "Renamed" }, HttpMethod.Patch, "1");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Renamed");
        await Button(dialog, "Save").ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("no longer at version 1");
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
