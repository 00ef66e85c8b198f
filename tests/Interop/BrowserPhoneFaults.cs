using Gateway.Calls.Agents;
using Interop.Bench;
using Interop.Browser;
using Microsoft.Playwright;

namespace Interop;

/// <summary>What goes wrong at an agent's browser in a call: its WebSocket, its session, its page.</summary>
[Collection(InteropCollection.Name)]
[Trait("Category", "Nightly")]
public sealed class BrowserPhoneFaults(BrowserBench bench) : BenchTests(bench), IClassFixture<BrowserBench>
{
    /// <summary>Nothing listens there.</summary>
    private const int Nowhere = 9;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_WebSocket_that_breaks_in_a_call_takes_no_audio_and_brings_the_buttons_back(bool isElsewhere)
    {
        var node = LeadTo(isElsewhere);
        await using var anna = await bench.EnterAsync();
        var call = await TalkAsync(anna);
        await BreakAsync(anna);
        await BrowserBench.HearEachOtherAsync(anna, call);
        await Assertions.Expect(anna.Page.GetByRole(AriaRole.Button, new() { Name = "Hold", Exact = true })).ToBeDisabledAsync();
        bench.Link.Server = node;
        await anna.IsReadyAsync();

        await anna.PressAsync("Hold");
        await call.HearsMusicAsync(AgentBrowser.Hertz);
        await anna.PressAsync("Hold");
        await BrowserBench.HearEachOtherAsync(anna, call);
        await anna.PressAsync("End");
        await bench.EndsWithAsync(call, "pbx_hung_up");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_page_learns_that_the_user_has_hung_up_where_its_WebSocket_broke_before(bool isElsewhere)
    {
        var node = LeadTo(isElsewhere);
        await using var anna = await bench.EnterAsync();
        var call = await TalkAsync(anna);
        await BreakAsync(anna);
        bench.Link.Server = node;
        await anna.IsReadyAsync();
        await call.HangUpAsync();
        await Assertions.Expect(anna.Last).ToContainTextAsync("is over");
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task A_user_who_hangs_up_while_the_WebSocket_is_broken_is_gone_when_it_is_back()
    {
        await using var anna = await bench.EnterAsync();
        var call = await TalkAsync(anna);
        await BreakAsync(anna);
        await call.HangUpAsync();
        await bench.RecordedAsync(call.User, "whatsapp_hung_up");
        bench.Link.Server = bench.Gateway.WebSocketPort;
        await Assertions.Expect(anna.Last).ToContainTextAsync("is over");
        await anna.IsReadyAsync();
    }

    [Fact]
    public async Task A_session_that_ends_in_a_call_takes_no_audio_and_a_new_log_in_brings_the_buttons_back()
    {
        await using var anna = await bench.EnterAsync();
        var call = await TalkAsync(anna);
        await anna.Page.EvaluateAsync("fetch('/console/session', { method: 'DELETE', headers: { 'X-Console': '1' } })");
        await Assertions.Expect(anna.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await BrowserBench.HearEachOtherAsync(anna, call);
        await anna.Page.Locator("dialog input[type=password]").FillAsync(await bench.KeyOfAsync(BrowserBench.Anna));
        await anna.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(anna.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await anna.IsReadyAsync();
        await anna.PressAsync("End");
        await bench.EndsWithAsync(call, "pbx_hung_up");
    }

    [Fact]
    public async Task A_browser_that_denies_the_microphone_says_so_and_the_call_goes_on_ringing_elsewhere()
    {
        await using var deaf = await AgentBrowser.StartAsync(mayHear: false);
        await using var anna = await bench.EnterAsync(browser: deaf);
        await bench.SetAsync(BrowserBench.Anna, AgentPresence.Available);
        var call = await bench.CallAsync("Ada");
        await bench.SeesAsync(BrowserBench.Anna, "CALL_INCOMING"); // on her desk
        await anna.PressAsync("Accept");
        await Assertions.Expect(anna.Page.Locator("main").GetByRole(AriaRole.Alert).First).ToContainTextAsync("denied the microphone");
        await Assertions.Expect(anna.Card).ToBeVisibleAsync();
        await bench.CommandAsync(BrowserBench.Anna, "accept");
        await call.HearsAsync(BrowserBench.AnnasHertz);
        await Assertions.Expect(anna.Last).ToContainTextAsync("Answered at another phone of yours");
        await call.HangUpAsync();
        await bench.EndsWithAsync(call, "whatsapp_hung_up");
    }

    [Fact]
    public async Task A_page_that_is_closed_ends_its_call()
    {
        await using var anna = await bench.EnterAsync();
        var call = await TalkAsync(anna);
        await anna.Page.CloseAsync();
        await bench.EndsWithAsync(call, "pbx_hung_up");
    }

    [Fact]
    public async Task A_page_that_crashes_is_missed_by_its_call_at_last()
    {
        await using var anna = await bench.EnterAsync();
        var call = await TalkAsync(anna);
        await anna.CrashAsync();
        await call.UntilEndedAsync(TimeSpan.FromSeconds(60));
        await bench.RecordedAsync(call.User, "media_failed");
    }

    private async Task<UserCall> TalkAsync(AgentPage anna)
    {
        await bench.SetAsync(BrowserBench.Anna, AgentPresence.Available);
        var call = await bench.CallAsync("Ada");
        await anna.PressAsync("Accept");
        await BrowserBench.HearEachOtherAsync(anna, call);
        return call;
    }

    private async Task BreakAsync(AgentPage anna)
    {
        bench.Link.Server = Nowhere;
        bench.Link.Mend();
        await Assertions.Expect(anna.Page.Locator("main").GetByRole(AriaRole.Alert)).ToContainTextAsync("You still hear each other");
    }

    /// <summary>The phone is at another node than the calls, or at theirs; the port of its listener.</summary>
    private int LeadTo(bool isElsewhere) =>
        bench.Link.Server = (isElsewhere ? bench.Second : bench.Gateway).WebSocketPort;
}
