using System.Text.Json;
using Npgsql;
using Testing.Peers;

namespace Faults.Nodes;

/// <summary>One gateway as a process, with links to its stores and to Meta that can be cut, and a disk that can be filled.</summary>
internal sealed class FaultNode : IAsyncDisposable
{
    private const int MediaPorts = 80;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60), StopTimeout = TimeSpan.FromSeconds(90);

    private readonly NodeSettings _settings;
    private readonly string _folder;
    private readonly int _httpPort = LoopbackPorts.Take(), _operationsPort = LoopbackPorts.Take();
    private readonly int _media = LoopbackPorts.Take(MediaPorts);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
    private ChildProgram? _program;

    public FaultNode(string id, NodeSettings settings, string folder)
    {
        (Id, _settings) = (id, settings);
        _folder = Directory.CreateDirectory(Path.Combine(folder, id)).FullName;
        Disk = new SpoolDisk(Path.Combine(_folder, "spool"));
        Clock = new SteppedClock(_folder);
        Postgres = new LinkProxy(new NpgsqlConnectionStringBuilder(settings.Postgres).Port);
        Redis = settings.HasSentinel ? null : new LinkProxy(int.Parse(settings.Redis.Split(':')[1]));
        Graph = new LinkProxy(new Uri(settings.Graph).Port);
    }

    public string Id { get; }

    public int SipPort { get; } = LoopbackPorts.Take();

    public LinkProxy Postgres { get; }

    /// <summary>Null behind a Sentinel.</summary>
    public LinkProxy? Redis { get; }

    public LinkProxy Graph { get; }

    public SpoolDisk Disk { get; }

    public SteppedClock Clock { get; }

    public string WebhookUrl => $"http://127.0.0.1:{_httpPort}/webhooks/whatsapp";

    public bool HasExited => _program is not { HasExited: false };

    /// <summary>The end of its log.</summary>
    public string LastWords => _program is null ? "" : string.Join('\n', _program.Tail(40));

    /// <summary>Starts the process, and returns when it takes calls.</summary>
    public async Task StartAsync(CancellationToken stop)
    {
        var file = Path.Combine(_folder, "gateway.json");
        await File.WriteAllTextAsync(file, Configuration(), stop);
        var environment = new Dictionary<string, string>(Clock.Environment)
        {
            ["GATEWAY_LOG_LEVEL"] = "Information",
        };
        var log = _settings.Logs is { } logs ? $"{logs}.{Id}.log" : null;
        _program = ChildProgram.Of(Id, "gateway/Gateway.Worker", ["run", file], environment, _folder, niceness: -5, log: log);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(StartTimeout);
        while (!await IsReadyAsync(timeout.Token))
        {
            if (_program.HasExited)
                throw new InvalidOperationException($"{Id} ended by itself:\n{LastWords}");
            await Task.Delay(100, timeout.Token);
        }
    }

    public async Task KillAsync()
    {
        await _program!.KillAsync();
        await EndedAsync();
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task StopAsync()
    {
        _program!.Signal("TERM");
        await _program.ExitedAsync().WaitAsync(StopTimeout);
        await EndedAsync();
    }

    /// <summary>Sends a signal by its name without SIG.</summary>
    public void Signal(string name) => _program!.Signal(name);

    public async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        try
        {
            using var ready = await _http.GetAsync($"http://127.0.0.1:{_operationsPort}/readyz", stop);
            return ready.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || e is TaskCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is { HasExited: false })
        {
            _program.Signal("CONT"); // it may stand still
            await KillAsync();
        }
        foreach (var link in new[] { Postgres, Redis, Graph })
            link?.Dispose();
        Disk.Dispose();
        _http.Dispose();
    }

    private async Task EndedAsync()
    {
        await _program!.DisposeAsync();
        _program = null;
    }

    private string Configuration() => JsonSerializer.Serialize(new
    {
        node = new
        {
            id = Id, maxCalls = 100, drainDeadline = "00:00:02", lostAfter = "00:00:10",
            clusterKeys = _settings.TakesOver ? new[] { "k1:" + Convert.ToBase64String(new byte[32]) } : [],
        },
        http = new { listen = $"http://127.0.0.1:{_httpPort}", operations = $"http://127.0.0.1:{_operationsPort}" },
        whatsApp = new
        {
            appSecrets = new[] { _settings.AppSecret }, verifyToken = "verify", graph = new { baseUrl = $"http://127.0.0.1:{Graph.Port}/" },
        },
        sip = new
        {
            listen = new[] { $"udp:127.0.0.1:{SipPort}" },
            trunks = new[]
            {
                new
                {
                    name = NodeSettings.Trunk, server = $"127.0.0.1:{_settings.Pbx}", transport = "Udp", keepAlive = "00:00:00",
                    codecs = new[] { "Pcmu" },
                },
            },
        },
        channels = new[]
        {
            new
            {
                phoneNumberId = _settings.PhoneNumberId, number = _settings.Number, accessToken = _settings.AccessToken,
                trunks = new[] { NodeSettings.Trunk },
            },
        },
        media = new
        {
            loops = 1,
            maxLoadPercent = 100, // the machine has other things to do too
            pbx = new { portMin = _media, portMax = _media + MediaPorts - 1, quarantine = "00:00:01" },
        },
        storage = new
        {
            postgres = new NpgsqlConnectionStringBuilder(_settings.Postgres) { Port = Postgres.Port }.ConnectionString,
            redis = Redis is null ? _settings.Redis : $"127.0.0.1:{Redis.Port}", spool = Path.Combine(_folder, "spool"),
        },
    });
}
