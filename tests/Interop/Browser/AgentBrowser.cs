using Microsoft.Playwright;
using Testing.Peers;

namespace Interop.Browser;

/// <summary>Headless Chromium for agents who have their phone in the console. Its microphone plays a tone.</summary>
public sealed class AgentBrowser : IAsyncDisposable
{
    /// <summary>The tone of its microphone.</summary>
    public const double Hertz = 700;

    private const float Milliseconds = 30_000;

    private const int Rate = 48000;

    private readonly string _microphone;
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private AgentBrowser(IPlaywright playwright, IBrowser browser, string microphone) =>
        (_playwright, _browser, _microphone) = (playwright, browser, microphone);

    /// <param name="mayHear">False: it denies pages the microphone.</param>
    public static async Task<AgentBrowser> StartAsync(bool mayHear = true)
    {
        Assertions.SetDefaultExpectTimeout(Milliseconds);
        var microphone = Path.GetTempFileName();
        WaveFile.WriteTone(microphone, Hertz, Rate, TimeSpan.FromSeconds(60));
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                mayHear ? "--use-fake-ui-for-media-stream" : "--deny-permission-prompts",
                "--use-fake-device-for-media-stream", "--use-file-for-fake-audio-capture=" + microphone,
                "--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required", "--mute-audio",
            ],
        });
        return new AgentBrowser(playwright, browser, microphone);
    }

    /// <summary>A browser with a profile of its own, which enters by a link of the console.</summary>
    /// <param name="url">Where the admin API listens.</param>
    /// <param name="link">The address that logs in, once.</param>
    /// <param name="isRelayed">Its audio may go by TURN servers alone.</param>
    public async Task<AgentPage> EnterAsync(string url, string link, bool isRelayed = false)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = url, Locale = "en", ViewportSize = new ViewportSize { Width = 1440, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(Milliseconds);
        await context.AddInitScriptAsync(AgentPage.Script);
        if (isRelayed)
            await context.AddInitScriptAsync("window.isRelayed = true");
        var page = new AgentPage(context, await context.NewPageAsync());
        await page.OpenAsync(link);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        File.Delete(_microphone);
    }
}
