using AdminApi;
using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Admin;
using Gateway.Storage.Directory;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Npgsql;
using Testing;
using Testing.Peers;

namespace AdminConsole.Tests;

/// <summary>
/// The admin API with its console over real stores, a contact centre in them, and Debian's Chromium. Screenshots of what it showed are kept
/// in the folder of GATEWAY_SCREENSHOTS, or else below that of temporary files.
/// </summary>
public sealed class ConsoleBench : IAsyncLifetime
{
    private static readonly string Screenshots = Directory.CreateDirectory(
        Environment.GetEnvironmentVariable("GATEWAY_SCREENSHOTS")
        ?? Path.Combine(Path.GetTempPath(), "gateway-console-screenshots")).FullName;

    /// <summary>What the browser's microphone hears.</summary>
    public const double MicrophoneHertz = 700;

    /// <summary>The time that a page has for what is waited for: beside other suites it may get little of the processors.</summary>
    private const float Milliseconds = 30_000;

    private readonly Stores _stores = new();
    private readonly string _microphone = Path.GetTempFileName();
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private WebApplication _app = null!;

    public string Url { get; private set; } = "";

    /// <summary>A key that may do everything.</summary>
    public string Key { get; private set; } = "";

    public NpgsqlDataSource Database { get; private set; } = null!;

    /// <summary>What the phone in the browser is connected to.</summary>
    public StandInNode Node { get; } = new();

    public ConsoleSamples Samples { get; private set; } = null!;

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public async Task InitializeAsync()
    {
        Database = NpgsqlDataSource.Create(_stores.Postgres);
        await Migrator.MigrateAsync(Database, CancellationToken.None);
        await Node.StartAsync();
        _app = AdminApiHost.Build(
        [
            "--urls=http://127.0.0.1:0", $"--AdminApi:Postgres={_stores.Postgres};Options=-c role=gateway_admin",
            $"--AdminApi:Redis={_stores.Redis}", "--AdminApi:RequestsPerMinute=1000000",
            $"--AdminApi:Phone:Nodes={Node.Url}", "--Logging:LogLevel:Default=Warning",
        ]);
        await _app.StartAsync();
        Node.Tickets = Get<PhoneTicketStore>();
        Url = _app.Urls.Single();
        Key = await KeyAsync(Scope.Admin);
        Samples = new ConsoleSamples(this);
        await Samples.OpenAsync();
        Assertions.SetDefaultExpectTimeout(Milliseconds);
        WaveFile.WriteTone(_microphone, MicrophoneHertz, 48000, TimeSpan.FromSeconds(60));
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium.Path,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream", "--use-file-for-fake-audio-capture=" + _microphone,
                "--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required", "--mute-audio",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _app.DisposeAsync();
        await Node.DisposeAsync();
        await Database.DisposeAsync();
        File.Delete(_microphone);
        _stores.Dispose();
    }

    public async Task<string> KeyAsync(params Scope[] scopes)
    {
        var key = KeyText.New();
        await Get<KeyStore>()
            .CreateAsync(key.Id, key.Hash, "of a test", [.. scopes.Select(s => WireName.Of(s))], null, "test", CancellationToken.None);
        return key.Text;
    }

    /// <summary>A browser of its own, without a session.</summary>
    public async Task<Visit> VisitAsync(bool isDark = false, bool isNarrow = false, string language = "en", string? zone = null)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Url,
            Locale = language,
            TimezoneId = zone,
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = isNarrow ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1440, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(Milliseconds);
        return new Visit(context, await context.NewPageAsync(), Screenshots);
    }

    /// <summary>The same, logged in by a link.</summary>
    public async Task<Visit> EnterAsync(
        bool isDark = false, bool isNarrow = false, string language = "en", string path = "/", string? agent = null, string? zone = null)
    {
        var visit = await VisitAsync(isDark, isNarrow, language, zone);
        await Samples.LiveCallsAsync(3);
        var link = await Samples.PostAsync("/v1/console/links" + (agent is null ? "" : "?agent=" + agent), new { });
        await visit.Page.GotoAsync(link.GetProperty("path").GetString()!);
        await visit.Page.Locator("main#main h1").WaitForAsync();
        if (path != "/")
            await visit.OpenAsync(path);
        return visit;
    }
}

[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleBench>
{
    public const string Name = "the console";
}
