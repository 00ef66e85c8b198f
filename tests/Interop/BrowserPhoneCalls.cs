using Gateway.Calls.Agents;
using Interop.Bench;
using Interop.Browser;
using Microsoft.Playwright;

namespace Interop;

/// <summary>
/// Users and an agent who works in the browser: Chromium at the console, through the admin API, at a gateway. Tones are heard at both ends.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class BrowserPhoneCalls(BrowserBench bench) : BenchTests(bench), IClassFixture<BrowserBench>
{
    private const string Payload = "order=4711";

    [Fact]
    public async Task A_call_is_answered_held_muted_and_handed_to_a_colleague_who_was_asked()
    {
        await using var anna = await bench.EnterAsync();
        await anna.PressAsync("Available");
        await bench.IsAsync(BrowserBench.Anna, AgentState.Available);
        var call = await bench.CallAsync("Ada Lovelace", Payload);
        string[] card = ["Ada Lovelace", "+" + call.User, Payload, "+" + BrowserBench.Support.Number, "There was no call yet"];
        foreach (var shown in card)
            await Assertions.Expect(anna.Card).ToContainTextAsync(shown);
        Assert.Equal(BrowserBench.Anna, await bench.RungAsync(call));
        await anna.PressAsync("Accept");
        await BrowserBench.HearEachOtherAsync(anna, call);
        await bench.SeesAsync(BrowserBench.Anna, "CALL_CLOSED"); // on her desk
        await anna.ShowsAsync("On a call");

        await anna.PressAsync("5");
        await call.UntilAsync(seen => seen.Report?.DigitsReceived == "5", "the user has received the key");
        await anna.PressAsync("Mute");
        await call.HearsSilenceAsync();
        await anna.PressAsync("Mute");
        await anna.PressAsync("Hold");
        await anna.ShowsAsync("On hold");
        await call.HearsMusicAsync(AgentBrowser.Hertz);
        await anna.PressAsync("Hold");
        await BrowserBench.HearEachOtherAsync(anna, call);

        await bench.SetAsync(BrowserBench.Ben, AgentPresence.Available);
        await anna.PressAsync("Transfer");
        var dialog = anna.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Combobox).First.SelectOptionAsync("agent:" + BrowserBench.Ben);
        await dialog.GetByRole(AriaRole.Combobox).Last.SelectOptionAsync("consult");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Transfer", Exact = true }).ClickAsync();
        await Assertions.Expect(anna.Page.Locator(".consult")).ToContainTextAsync("You talk with Ben");
        await anna.HearsAsync(BrowserBench.BensHertz);
        await call.HearsMusicAsync(AgentBrowser.Hertz, BrowserBench.BensHertz);
        await anna.PressAsync("Connect them");
        await Assertions.Expect(anna.Last).ToContainTextAsync("is over");
        await call.HearsAsync(BrowserBench.BensHertz);
        await anna.ShowsAsync("Wrap-up");
        await anna.PressAsync("Available");
        await bench.IsAsync(BrowserBench.Anna, AgentState.Available);
        await call.HangUpAsync();
        Assert.Equal(BrowserBench.Ben, (await bench.EndsWithAsync(call, "whatsapp_hung_up")).AgentId);
    }

    [Fact]
    public async Task What_is_declined_goes_to_a_colleague_and_who_waits_is_taken_from_the_page()
    {
        await using var anna = await bench.EnterAsync();
        foreach (var agent in new[] { BrowserBench.Anna, BrowserBench.Ben })
            await bench.SetAsync(agent, AgentPresence.Available);
        var declined = await bench.CallAsync("Ada");
        await anna.PressAsync("Decline");
        await Assertions.Expect(anna.Last).ToContainTextAsync("You have declined");
        await bench.SeesAsync(BrowserBench.Anna, "CALL_CLOSED");
        await declined.HearsAsync(BrowserBench.BensHertz);

        var waiting = await bench.CallAsync("Grace", BrowserBench.Care);
        await waiting.HearsMusicAsync();
        var take = anna.Page.Locator("main").GetByRole(AriaRole.Button, new() { Name = "Take the call of" });
        await take.ClickAsync();
        await BrowserBench.HearEachOtherAsync(anna, waiting); // the phone has answered by itself
        var next = await bench.CallAsync("Li", BrowserBench.Care);
        await next.HearsMusicAsync();
        await Assertions.Expect(take).ToBeDisabledAsync();

        await anna.PressAsync("End");
        await bench.RecordedAsync(waiting.User, "pbx_hung_up");
        await Assertions.Expect(anna.Last).ToContainTextAsync("is over");
        await next.HangUpAsync();
        await declined.HangUpAsync();
        await bench.RecordedAsync(next.User, "caller_gave_up");
        await bench.EndsWithAsync(declined, "whatsapp_hung_up");
    }

    [Fact]
    public async Task A_user_is_asked_for_permission_and_then_called_by_the_number_that_was_chosen()
    {
        await using var anna = await bench.EnterAsync();
        var user = bench.WhatsApp.NewNumber();
        await bench.WhatsApp.SendAsync(HttpMethod.Put, "users/" + user, new { auto = "Answer", handset = "native", permission = "Accept" });
        await bench.WhatsApp.SendAsync(
            HttpMethod.Post, $"users/{user}/message", new { text = "hello", number = BrowserBench.Sales.PhoneNumberId });
        await anna.Page.GetByLabel("Number that calls").SelectOptionAsync(BrowserBench.Sales.PhoneNumberId);
        await anna.Page.GetByLabel("WhatsApp user").FillAsync("+" + user);
        await anna.ShowsAsync("None");
        await bench.WindowOpensAsync(user);
        await anna.PressAsync("Ask for permission");
        await anna.ShowsAsync("For a time");

        await anna.Page.GetByLabel("WhatsApp user").PressAsync("Enter");
        var call = await bench.WhatsApp.IncomingAsync(user);
        await anna.ShowsAsync("Talking");
        await BrowserBench.HearEachOtherAsync(anna, call);
        Assert.Equal(BrowserBench.Sales.PhoneNumberId, await bench.ChannelOfAsync(call));
        await call.HangUpAsync();
        await Assertions.Expect(anna.Last).ToContainTextAsync("is over");
        Assert.Equal(BrowserBench.Anna, (await bench.EndsWithAsync(call, "whatsapp_hung_up")).AgentId);
    }
}
