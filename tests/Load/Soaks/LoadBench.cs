using System.Text.Json;
using Load.Processes;
using Testing;
using Testing.Peers;

namespace Load.Soaks;

/// <summary>
/// The gateway and the emulated WhatsApp as programs of their own, private stores, and SIPp as a PBX that echoes all audio.
/// </summary>
internal sealed class LoadBench : IAsyncDisposable
{
    private const string PhoneNumberId = "100200300400";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-load-").FullName;
    private readonly Stores _stores = Stores.StartPrivate();
    private readonly int _sandboxPort = LoopbackPorts.Take();
    private readonly int _httpPort = LoopbackPorts.Take();
    private readonly int _operationsPort = LoopbackPorts.Take();
    private readonly int _sipPort = LoopbackPorts.Take();
    private readonly int _pbxPort = LoopbackPorts.Take();
    private readonly List<ChildProgram> _programs = [];

    public string Postgres => _stores.Postgres;

    public string Redis => _stores.Redis;

    public HttpClient WhatsApp { get; }

    public HttpClient Gateway { get; }

    public ProcessWatch GatewayProcess { get; }

    /// <param name="program">The folder of a published gateway; null: the one that was built.</param>
    public LoadBench(string? program)
    {
        WhatsApp = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_sandboxPort}") };
        Gateway = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_operationsPort}") };
        _programs.Add(ChildProgram.Of("sandbox", "tests/Sandbox", [], SandboxEnvironment, _folder));
        _programs.Add(new ChildProgram("SIPp", _folder, PbxCommand, new Dictionary<string, string>()));
        var configuration = Path.Combine(_folder, "gateway.json");
        File.WriteAllText(configuration, Configuration);
        var environment = new Dictionary<string, string>
        {
            ["GATEWAY_LOG_LEVEL"] = "Warning",
        };
        string[] arguments = ["run", configuration];
        var gateway = program is null
            ? ChildProgram.Of("gateway", "gateway/Gateway.Worker", arguments, environment, _folder)
            : new ChildProgram("gateway", _folder, [Path.Combine(program, "Gateway.Worker"), .. arguments], environment);
        _programs.Add(gateway);
        GatewayProcess = new ProcessWatch(gateway.Id);
    }

    public async Task ReadyAsync(CancellationToken stop)
    {
        for (var tries = 0; ; tries++)
        {
            if (_programs.FirstOrDefault(program => program.HasExited) is { } ended)
                throw new InvalidOperationException($"The {ended.Name} ended by itself:\n{string.Join('\n', ended.Tail(40))}");
            try
            {
                if ((await Gateway.GetAsync("/readyz", stop)).IsSuccessStatusCode
                    && (await WhatsApp.GetAsync("/sandbox/health", stop)).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (tries < 300)
            {
                // not yet
            }
            await Task.Delay(200, stop);
        }
    }

    /// <summary>Agents dial the users of <paramref name="users"/>, one after another, at a fixed rate.</summary>
    public ChildProgram AgentsDial(IReadOnlyList<string> users, double perSecond, TimeSpan talk)
    {
        var list = Path.Combine(_folder, "users.csv");
        File.WriteAllLines(list, ["SEQUENTIAL", .. users.Select(user => $"+{user};")]);
        var period = Math.Max(1, (int)(1000 / perSecond));
        var agents = new ChildProgram(
            "SIPp agents", _folder,
            [
                "sipp", "-sf", Repository.File("tests", "Load", "Soaks", "agent-calls.xml"), "-inf", list, "-i", "127.0.0.1", "-p",
                $"{LoopbackPorts.Take()}", "-mi", "127.0.0.1", "-mp", $"{LoopbackPorts.Take(4)}", "-rtp_echo", "-r", "1", "-rp",
                $"{period}", "-m", $"{users.Count}", "-l", "5000", "-d", $"{(int)talk.TotalMilliseconds}",
                "-nostdin", "-skip_rlimit", "-trace_stat", "-stf", Path.Combine(_folder, "agents.csv"), $"127.0.0.1:{_sipPort}",
            ],
            new Dictionary<string, string>());
        _programs.Add(agents);
        return agents;
    }

    public IEnumerable<string> Tails() => _programs.Select(program => $"--- {program.Name}\n{string.Join('\n', program.Tail(25))}");

    public async ValueTask DisposeAsync()
    {
        foreach (var program in Enumerable.Reverse(_programs))
            await program.DisposeAsync();
        _stores.Dispose();
        WhatsApp.Dispose();
        Gateway.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Dictionary<string, string> SandboxEnvironment => new()
    {
        ["urls"] = $"http://127.0.0.1:{_sandboxPort}",
        ["Logging__LogLevel__Default"] = "Warning",
        ["Sandbox__MaxInitiationsPerDay"] = "1000000",
        ["Sandbox__Numbers__0__PhoneNumberId"] = PhoneNumberId,
        ["Sandbox__Numbers__0__AccessToken"] = "load-token",
        ["Sandbox__Numbers__0__AppSecret"] = "load-secret",
        ["Sandbox__Numbers__0__WebhookUrl"] = $"http://127.0.0.1:{_httpPort}/webhooks/whatsapp",
    };

    private string[] PbxCommand =>
    [
        "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", $"{_pbxPort}", "-mi", "127.0.0.1", "-mp", $"{LoopbackPorts.Take(4)}", "-rtp_echo",
        "-nostdin", "-skip_rlimit",
        "-trace_stat", "-stf", Path.Combine(_folder, "pbx.csv"),
    ];

    private string Configuration => JsonSerializer.Serialize(new
    {
        node = new { id = "load", drainDeadline = "00:00:01" },
        http = new { listen = $"http://127.0.0.1:{_httpPort}", operations = $"http://127.0.0.1:{_operationsPort}" },
        whatsApp = new { appSecrets =
            new[] { "load-secret" }, verifyToken = "load-verify", graph = new { baseUrl = $"http://127.0.0.1:{_sandboxPort}/" } },
        sip = new
        {
            listen = new[] { $"udp:127.0.0.1:{_sipPort}" },
            trunks = new[] { new { name = "pbx", server =
                $"127.0.0.1:{_pbxPort}", transport = "Udp", keepAlive = "00:00:00", allowedSources = new[] { "127.0.0.0/8" } } },
        },
        channels =
            new[] { new { phoneNumberId = PhoneNumberId, number = "15550009000", accessToken = "load-token", trunks = new[] { "pbx" } } },
        media = new { pbx = new { portMin = 34_000, portMax = 37_999, quarantine = "00:00:02" } },
        storage = new { postgres = Postgres, redis = _stores.Redis },
    });
}
