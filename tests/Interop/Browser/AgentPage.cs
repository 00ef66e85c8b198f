using System.Text.Json;
using Interop.Bench;
using Microsoft.Playwright;
using Testing;

namespace Interop.Browser;

/// <summary>
/// An agent at the console's phone in Chromium: SIP by JsSIP, and ICE, DTLS, SRTP and Opus of the browser, none of which are ours.
/// </summary>
public sealed class AgentPage(IBrowserContext context, IPage page) : IAsyncDisposable
{
    /// <summary>
    /// Listens to the other side's audio as the page receives it, by the sandbox's measure; and lets a test cut the page's WebSockets.
    /// </summary>
    internal static readonly string Script =
        File.ReadAllText(Repository.File("tests/Sandbox/Phone/listen.js")).Replace("export class", "class", StringComparison.Ordinal) +
        """
        const Peer = window.RTCPeerConnection;
        let heard = null, context = null, listener = null;
        window.RTCPeerConnection = class extends Peer {
            constructor(...settings) {
                super({ ...settings[0], iceTransportPolicy: window.isRelayed ? "relay" : "all" });
                window.peer = this;
                this.addEventListener("track", ({ track }) => {
                    listener?.close();
                    [heard, listener] = [track, null];
                });
            }
        };
        window.hear = () => {
            if (heard?.readyState !== "live") return { levelDb: FLOOR_DB, toneHertz: null };
            context ??= new AudioContext();
            listener ??= new Listener(context, new MediaStream([heard]));
            return listener.measure();
        };
        """;

    public IPage Page => page;

    /// <summary>The call that rings.</summary>
    public ILocator Card => page.Locator("main .incoming");

    /// <summary>How the last call ended.</summary>
    public ILocator Last => page.Locator("main .last");

    /// <summary>Goes there in the console, by the address that logs in too, and waits until the page is shown.</summary>
    public async Task OpenAsync(string address)
    {
        await page.GotoAsync(address);
        await page.Locator("main#main h1").WaitForAsync();
    }

    /// <summary>Goes to the phone, and switches it on.</summary>
    public async Task SwitchOnAsync()
    {
        await OpenAsync("/console/phone");
        await PressAsync("Switch on");
        await IsReadyAsync();
    }

    public Task IsReadyAsync() => ShowsAsync("Ready");

    /// <summary>Another tab of this browser.</summary>
    public async Task<AgentPage> TabAsync(string path)
    {
        var tab = new AgentPage(context, await context.NewPageAsync());
        await tab.OpenAsync("/console" + path);
        return tab;
    }

    /// <summary>Another page of this browser, which is none of the console's.</summary>
    public async Task<IPage> BesideAsync(string address)
    {
        var beside = await context.NewPageAsync();
        await beside.GotoAsync(address);
        return beside;
    }

    /// <summary>The page ends as in a crash: without a word to anybody.</summary>
    public async Task CrashAsync()
    {
        try
        {
            await page.GotoAsync("chrome://crash");
        }
        catch (PlaywrightException)
        {
            // That is what a crash looks like from here.
        }
    }

    /// <summary>Waits for this state of the phone, the call or the agent.</summary>
    public Task ShowsAsync(string badge) =>
        Assertions.Expect(page.Locator("main .badge").GetByText(badge, new() { Exact = true }).First).ToBeVisibleAsync();

    public Task PressAsync(string button) =>
        page.Locator("main").GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).First.ClickAsync();

    /// <summary>For races: presses "Accept", or finds that the call rings no longer.</summary>
    public Task TryAcceptAsync() => page.EvaluateAsync("document.querySelector('main .incoming button.first')?.click()");

    public Task<bool> IsTalkingAsync() => page.Locator("main .badge").GetByText("Talking", new() { Exact = true }).IsVisibleAsync();

    /// <summary>The way of the browser's audio: host, srflx, prflx or relay.</summary>
    public Task<string> WayAsync() => page.EvaluateAsync<string>(
        """
        (async () => {
            const all = [...(await window.peer.getStats()).values()];
            const pair = all.find((one) => one.type === "candidate-pair" && one.nominated && one.state === "succeeded");
            return all.find((one) => one.id === pair?.localCandidateId)?.candidateType ?? "none";
        })()
        """);

    /// <summary>Waits until the page receives this tone now.</summary>
    public Task HearsAsync(double hertz) => Eventually.SeeAsync(
        HearAsync, heard => heard.Hertz is { } tone && Math.Abs(tone - hertz) < 8, $"the browser hears {hertz} Hz",
        heard => heard.ToString());

    public Task HearsSilenceAsync() =>
        Eventually.SeeAsync(HearAsync, heard => heard.LevelDb < -50, "the browser hears silence", heard => heard.ToString());

    public async ValueTask DisposeAsync() => await context.DisposeAsync();

    private async Task<(double LevelDb, double? Hertz)> HearAsync()
    {
        var heard = await page.EvaluateAsync<JsonElement>("window.hear()");
        return (heard.GetProperty("levelDb").GetDouble(),
            heard.GetProperty("toneHertz") is { ValueKind: JsonValueKind.Number } tone ? tone.GetDouble() : null);
    }
}
