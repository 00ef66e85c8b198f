using System.Text.Json;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Versions;

/// <summary>A gateway of some version, as a process of its own.</summary>
internal sealed class VersionNode(string id, string? program, string folder) : IAsyncDisposable
{
    private const int MediaPorts = 20;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _httpPort = LoopbackPorts.Take();
    private readonly int _operationsPort = LoopbackPorts.Take();
    private readonly int _media = LoopbackPorts.Take(MediaPorts);
    private ChildProgram? _process;

    public string Id => id;

    public int SipPort { get; } = LoopbackPorts.Take();

    public string WebhookUrl => $"http://127.0.0.1:{_httpPort}/webhooks/whatsapp";

    /// <summary>Starts it and waits until it takes calls.</summary>
    public async Task StartAsync(Stores stores, WhatsAppSide whatsApp, Pbx pbx)
    {
        var configuration = Path.Combine(folder, id + ".json");
        await File.WriteAllTextAsync(configuration, Configuration(stores, whatsApp, pbx));
        string[] arguments = ["run", configuration];
        var environment = new Dictionary<string, string> { ["GATEWAY_LOG_LEVEL"] = "Information" };
        _process = program is null
            ? ChildProgram.Of(id, "gateway/Gateway.Worker", arguments, environment, folder)
            : new ChildProgram(id, folder, ["dotnet", Path.Combine(program, "Gateway.Worker.dll"), .. arguments], environment);
        await Eventually.SeeAsync(
            IsReadyAsync, ready => ready, $"{id} is ready", _ => string.Join('\n', _process.Tail(20)));
    }

    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await _http.GetAsync($"http://127.0.0.1:{_operationsPort}/readyz");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public Task<string> MetricsAsync() => _http.GetStringAsync($"http://127.0.0.1:{_operationsPort}/metrics");

    /// <summary>SIGTERM: it drains.</summary>
    public void Stop() => _process!.Signal("TERM");

    public Task<int> ExitedAsync() => _process!.ExitedAsync();

    public Task KillAsync() => _process!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (!_process.HasExited)
                await _process.KillAsync();
            await _process.DisposeAsync();
        }
        _http.Dispose();
    }

    private string Configuration(Stores stores, WhatsAppSide whatsApp, Pbx pbx) => JsonSerializer.Serialize(new
    {
        node = new { id, drainDeadline = "00:05:00", lostAfter = "00:00:05" },
        http = new { listen = $"http://127.0.0.1:{_httpPort}", operations = $"http://127.0.0.1:{_operationsPort}" },
        whatsApp = new { appSecrets = new[] { WebhookRelay.AppSecret }, verifyToken = "verify", graph = new { baseUrl = whatsApp.Url } },
        sip = new
        {
            listen = new[] { $"udp:127.0.0.1:{SipPort}" },
            trunks = new[] { new { name = "main", server = $"127.0.0.1:{pbx.Port}", transport = "Udp", keepAlive = "00:00:00" } },
        },
        channels = new[]
        {
            new
            {
                phoneNumberId = whatsApp.Number.PhoneNumberId, number = whatsApp.Number.DisplayNumber,
                accessToken = whatsApp.Number.AccessToken, trunks = new[] { "main" },
            },
        },
        media = new
        {
            loops = 1,
            maxLoadPercent = 100, // the machine of the tests is busy with other things
            pbx = new { portMin = _media, portMax = _media + MediaPorts - 1, quarantine = "00:00:00" },
        },
        storage = new { postgres = stores.Postgres, redis = stores.Redis, agentsTimeout = "00:00:05" },
        calls = new { mediaConnect = "00:05:00" },
    });
}
