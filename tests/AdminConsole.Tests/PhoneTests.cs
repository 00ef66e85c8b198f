using System.Text.RegularExpressions;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using static AdminConsole.Tests.PhoneSteps;

namespace AdminConsole.Tests;

/// <summary>
/// The phone in the browser: JsSIP and Chromium's WebRTC against a stand-in of the gateway, whose other end is a WebRTC peer. Each
/// state that the page has to show, and the tone at both ends.
/// </summary>
[Collection(ConsoleCollection.Name)]
public sealed class PhoneTests(ConsoleBench bench)
{
    [Fact]
    public async Task A_call_is_accepted_and_both_hear_each_other()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        var call = await bench.Node.CallAsync(User, ConsoleSamples.HostileName, "order=4711");
        var card = page.Locator(".incoming");
        await Assertions.Expect(card).ToContainTextAsync("<script>window.hacked=1</script>gnol");
        await Assertions.Expect(card).ToContainTextAsync("order=4711");
        await Assertions.Expect(card).ToContainTextAsync("+493012345678");
        await visit.SaveAsync("phone-incoming");
        await visit.IsSoundAsync("an incoming call");
        await page.Keyboard.PressAsync("Alt+Shift+A");
        await call.Answered.WaitAsync(Patience);
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        await Assertions.Expect(page.Locator(".facts")).ToContainTextAsync(new Regex("[0-9] ms"));
        await visit.SaveAsync("phone-call");
        await visit.IsSoundAsync("a call");

        await page.GetByRole(AriaRole.Button, new() { Name = "5", Exact = true }).ClickAsync();
        await SeeAsync(async () => (await call.HearAsync()).DigitsReceived == "5", "the digit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Hold" }).ClickAsync();
        await Assertions.Expect(page.Locator(".badge", new() { HasText = "On hold" })).ToBeVisibleAsync();
        await SeeAsync(() => Task.FromResult(call.Renegotiated.Contains("a=sendonly")), "the hold");
        await page.GetByRole(AriaRole.Button, new() { Name = "Hold" }).ClickAsync();
        await Assertions.Expect(page.Locator(".badge", new() { HasText = "On hold" })).ToHaveCountAsync(0);
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute" }).ClickAsync();
        await HearsAsync(call, null);

        await page.GetByRole(AriaRole.Button, new() { Name = "End" }).ClickAsync();
        await call.Ended.WaitAsync(Patience);
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task An_agent_who_clicks_twice_is_heard()
    {
        const string twice = "button => { button.click(); setTimeout(() => button.click()); setTimeout(() => button.click(), 5); }";
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        var call = await bench.Node.CallAsync(User, "Ada");
        await page.Locator(".incoming").GetByRole(AriaRole.Button, new() { Name = "Accept" }).EvaluateAsync(twice);
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        await call.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");

        await page.GetByLabel("WhatsApp user").FillAsync("+49 1511 2345678");
        await page.Locator("form").GetByRole(AriaRole.Button, new() { Name = "Call" }).EvaluateAsync(twice);
        await Assertions.Expect(page.Locator(".badge", new() { HasText = "Talking" })).ToBeVisibleAsync();
        var dialled = bench.Node.Dialled!;
        await HearsAsync(dialled, ConsoleBench.MicrophoneHertz);
        await dialled.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task A_colleague_is_asked_before_the_call_is_handed_over_or_taken_back()
    {
        await using var visit = await bench.PhoneAsync();
        await using var consulted = await ConsultedCall.StartAsync(bench);
        var page = visit.Page;
        var call = await bench.Node.CallAsync(User, "Ada", whatsAppId: consulted.WhatsAppId);
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await call.Answered.WaitAsync(Patience);
        var panel = page.Locator(".consult");

        await AskAsync(page, "agent:ben");
        await Assertions.Expect(panel).ToContainTextAsync("It rings at Ben");
        await Assertions.Expect(panel.GetByRole(AriaRole.Button, new() { Name = "Connect them" })).ToBeDisabledAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Transfer" })).ToBeDisabledAsync();
        await panel.GetByRole(AriaRole.Button, new() { Name = "Back to the user" }).ClickAsync();
        await Assertions.Expect(panel).ToHaveCountAsync(0);

        await AskAsync(page, "trunk:office", "+49 30 1234");
        await Assertions.Expect(panel).ToContainTextAsync("It rings at +49301234");
        await consulted.BecomeAsync(ConsultationState.Answered);
        await Assertions.Expect(panel).ToContainTextAsync("You talk with +49301234. The user hears music.");
        await visit.SaveAsync("phone-consult");
        await visit.IsSoundAsync("a consultation");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Connect them" }).ClickAsync();
        await SeeAsync(() => Task.FromResult(consulted.Commands.Contains(new NodeCommand.CompleteTransfer(consulted.Id))), "the command");
        await call.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
        Assert.Equal(
            [
                new NodeCommand.Transfer(consulted.Id, new TransferTarget.ToAgent(new("ben"))) { Mode = TransferMode.Consult },
                new NodeCommand.CancelTransfer(consulted.Id),
                new NodeCommand.Transfer(consulted.Id, new TransferTarget.ToPbx("office", "+49301234")) { Mode = TransferMode.Consult },
                new NodeCommand.CompleteTransfer(consulted.Id),
            ],
            consulted.Commands);
    }

    [Fact]
    public async Task A_user_is_dialled_by_the_number_that_was_chosen()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        await page.GetByLabel("WhatsApp user").FillAsync("+49 1511 2345678");
        await Assertions.Expect(page.Locator("form [role=status]")).ToContainTextAsync("Permission");
        await visit.SaveAsync("phone-dial");
        await visit.IsSoundAsync("dialling");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".badge", new() { HasText = "Talking" })).ToBeVisibleAsync();
        var call = bench.Node.Dialled!;
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        var invite = bench.Node.Received.Last(one => one.StartLine.StartsWith("INVITE", StringComparison.Ordinal));
        Assert.StartsWith($"INVITE sip:+{User}@", invite.StartLine);
        Assert.Equal(ConsoleSamples.Channel, invite["X-WhatsApp-Channel"]);
        await call.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
    }

    [Theory]
    [InlineData("+49 (0)1511 2345678", "+4915112345678")]
    [InlineData("+39 (0)6 12345678", "+390612345678")]
    [InlineData("DE.1a2b3c", "DE.1a2b3c")] // after a number, of which the permission was shown
    public async Task What_is_dialled_is_what_was_typed_last_as_the_API_reads_it(string typed, string dialled)
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        await page.GetByLabel("WhatsApp user").FillAsync("+" + User);
        await Assertions.Expect(page.Locator("form [role=status]")).ToContainTextAsync("Permission");
        await page.GetByLabel("WhatsApp user").FillAsync(typed);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".badge", new() { HasText = "Talking" })).ToBeVisibleAsync();
        var invite = bench.Node.Received.Last(one => one.StartLine.StartsWith("INVITE", StringComparison.Ordinal));
        Assert.StartsWith($"INVITE sip:{dialled}@", invite.StartLine);
        await bench.Node.Dialled!.HangUpAsync();
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("is over");
    }

    [Fact]
    public async Task A_user_who_does_not_permit_it_is_not_called_and_the_page_says_why()
    {
        await using var visit = await bench.PhoneAsync();
        bench.Node.Refusal = "X-WhatsApp-Refusal: not_permitted\r\nX-WhatsApp-Permission: declined";
        await visit.Page.GetByLabel("WhatsApp user").FillAsync("+" + User);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator(".last")).ToContainTextAsync("may not be called: Declined");
        bench.Node.Refusal = null;
    }

    [Fact]
    public async Task Another_place_answers_and_the_user_gives_up()
    {
        await using var visit = await bench.PhoneAsync();
        var page = visit.Page;
        await bench.Samples.LiveCallsAsync(1);
        var call = await bench.Node.CallAsync(User, "Ada", whatsAppId: "wacid.X0");
        await Assertions.Expect(page.Locator(".incoming")).ToBeVisibleAsync();
        await call.CancelAsync(isTaken: true);
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("Answered at another phone of yours");
        var next = await bench.Node.CallAsync(User, "Ada");
        await Assertions.Expect(page.Locator(".incoming")).ToBeVisibleAsync();
        await next.CancelAsync(isTaken: false);
        await Assertions.Expect(page.Locator(".last")).ToContainTextAsync("has hung up");
    }

    [Fact]
    public async Task A_second_tab_and_the_contacts_page_show_the_same_call_and_one_of_them_declines_it()
    {
        await using var visit = await bench.PhoneAsync();
        var other = await visit.Page.Context.NewPageAsync();
        await other.GotoAsync("/console/contacts/" + bench.Samples.ContactOf(User));
        var team = await visit.Page.Context.NewPageAsync();
        await team.GotoAsync("/console/team");
        await Assertions.Expect(team.Locator("main h1")).ToBeVisibleAsync();
        await Assertions.Expect(other.Locator(".facts").First).ToBeVisibleAsync();
        Assert.Single(bench.Node.Registered);
        var call = await bench.Node.CallAsync(User, "Ada");
        foreach (var page in new[] { visit.Page, other, team })
            await Assertions.Expect(page.Locator(".incoming")).ToBeVisibleAsync();
        await other.GetByRole(AriaRole.Button, new() { Name = "Decline" }).ClickAsync();
        foreach (var page in new[] { visit.Page, other, team })
            await Assertions.Expect(page.Locator(".incoming")).ToHaveCountAsync(0);
        await SeeAsync(() => Task.FromResult(call.Refusals.Contains(603)), "the refusal");
        var first = bench.Node.Contacts.Single();
        await visit.Page.CloseAsync();
        await SeeAsync(() => Task.FromResult(bench.Node.Contacts.ToArray() is [var next] && next != first), "the next tab as the phone");
        call = await bench.Node.CallAsync(User, "Ada");
        await team.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await call.Answered.WaitAsync(Patience);
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        await call.HangUpAsync();
    }

    [Fact]
    public async Task The_phone_fits_a_narrow_screen_in_the_dark_and_speaks_German()
    {
        await using var visit = await bench.PhoneAsync(isDark: true, isNarrow: true, language: "de");
        var call = await bench.Node.CallAsync(User, "Ada");
        await Assertions.Expect(visit.Page.Locator(".incoming")).ToContainTextAsync("Annehmen");
        await visit.SaveAsync("phone-narrow-dark-german");
        await visit.IsSoundAsync("a narrow phone");
        var overflow = await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
        Assert.True(overflow <= 0, $"{overflow} pixels too wide");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Annehmen" }).ClickAsync();
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        await visit.SaveAsync("phone-call-narrow-dark-german");
        await visit.IsSoundAsync("a call at a narrow phone");
        overflow = await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
        Assert.True(overflow <= 0, $"{overflow} pixels too wide in a call");
        await call.HangUpAsync();
    }

    [Fact]
    public async Task A_loudspeaker_that_is_chosen_plays_the_call()
    {
        await using var visit = await bench.PhoneAsync(script:
            """
            const set = HTMLMediaElement.prototype.setSinkId;
            HTMLMediaElement.prototype.setSinkId = function (id) { window.player = this; return set.call(this, id); };
            """);
        var choice = visit.Page.GetByLabel("Loudspeaker");
        var chosen = await choice.Locator("option").Last.GetAttributeAsync("value");
        Assert.NotEqual("", chosen);
        await choice.SelectOptionAsync(chosen!);
        var call = await bench.Node.CallAsync(User, "Ada");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await HearsAsync(call, ConsoleBench.MicrophoneHertz);
        Assert.Equal(chosen, await visit.Page.EvaluateAsync<string>("window.player.sinkId"));
        Assert.False(await visit.Page.EvaluateAsync<bool>("window.player.paused"));
        await Assertions.Expect(choice).ToHaveValueAsync(chosen!);
        await call.HangUpAsync();
    }

    [Fact]
    public async Task A_session_that_stands_for_nobody_has_no_phone()
    {
        await using var visit = await bench.EnterAsync(path: "/phone");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("stands for no agent");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Phone", Exact = true })).ToHaveCountAsync(0);
    }

    private static async Task AskAsync(IPage page, string target, string? number = null)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Transfer" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Combobox).First.SelectOptionAsync(target);
        if (number is not null)
            await dialog.GetByRole(AriaRole.Textbox).FillAsync(number);
        await dialog.GetByRole(AriaRole.Combobox).Last.SelectOptionAsync("consult");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Transfer" }).ClickAsync();
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
    }
}
