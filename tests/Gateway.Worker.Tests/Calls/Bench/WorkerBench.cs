using System.Text.Json;
using Dapper;
using Gateway.Calls;
using Gateway.Storage.Commands;
using Gateway.Worker.Configuration;
using Npgsql;
using Sandbox;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>
/// The gateway as a process of its own, to be killed and started again, between an emulated WhatsApp and a PBX in this one.
/// </summary>
public sealed class WorkerBench : IAsyncLifetime
{
    /// <summary>Of a test that takes many calls over; more by hand.</summary>
    internal static readonly int ManyCalls = int.Parse(System.Environment.GetEnvironmentVariable("GATEWAY_TAKEOVER_CALLS") ?? "8");

    private static readonly int MediaPorts = Math.Max(20, 3 * ManyCalls);

    /// <summary>What a worker that has just started may need for its first call, beside other tests: twice the usual.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-worker-").FullName;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _sipPort = LoopbackPorts.Take();
    private readonly int _tlsPort = LoopbackPorts.Take();
    private readonly int _httpPort = LoopbackPorts.Take();
    private readonly int _operationsPort = LoopbackPorts.Take();
    private readonly int _media = LoopbackPorts.Take(MediaPorts);
    private ChildProgram? _worker;

    /// <summary>The environment of the workers that are started from now on.</summary>
    internal Dictionary<string, string> Environment { get; } = new() { ["GATEWAY_LOG_LEVEL"] = "Information" };

    /// <summary>The `media.opus.implementation` of the workers that are started from now on.</summary>
    internal string Opus { get; set; } = "Auto";

    /// <summary>The `node.drainDeadline` of the workers that are started from now on.</summary>
    internal TimeSpan DrainDeadline { get; set; }
    /// <summary>The `node.clusterKeys` of the workers that are started from now on.</summary>
    internal string[] ClusterKeys { get; set; } = [];

    /// <summary>The options of the workers that are started from now on, by their paths: what they take for the stores.</summary>
    internal (string Postgres, string Redis)? StoresOfWorker { get; set; }

    /// <summary>A private server, to be frozen.</summary>
    public Stores Stores { get; } = Stores.StartPrivate();

    /// <summary>The connection string of workers that are started from now on, and of what the tests look at.</summary>
    internal string Postgres { get => field ?? Stores.Postgres; set; }

    internal WhatsAppSide WhatsApp { get; private set; } = null!;

    internal Pbx Pbx { get; private set; } = null!;

    internal WebhookRelay Relay { get; private set; } = null!;

    /// <summary>The working directory of the worker.</summary>
    internal string Folder => _folder;

    /// <summary>The address that says whether the worker takes calls.</summary>
    internal string Readiness => $"http://127.0.0.1:{_operationsPort}/readyz";

    private string Spool => Path.Combine(_folder, "spool", "worker");

    public async Task InitializeAsync()
    {
        Relay = await WebhookRelay.StartAsync();
        Relay.Targets.Add($"http://127.0.0.1:{_httpPort}/webhooks/whatsapp");
        WhatsApp = await WhatsAppSide.StartAsync(new SandboxOptions
        {
            DefaultHandset = "paper",
            Numbers = [new NumberOptions { WebhookUrl = Relay.Url }],
            Timers = new SandboxTimers { RingDelay = TimeSpan.FromMilliseconds(
                1), AutoDelay = TimeSpan.FromMilliseconds(1), WebhookRetry = TimeSpan.FromMilliseconds(20) },
        });
        Pbx = await Pbx.StartAsync(_sipPort);
    }

    /// <summary>Starts the worker, for the first time or after it was killed, and waits until it accepts calls.</summary>
    internal async Task StartAsync(int? descriptors = null, int niceness = 0)
    {
        await BeginAsync(descriptors, niceness);
        await UntilReadyAsync();
    }

    internal Task UntilReadyAsync() => Eventually.SeeAsync(IsReadyAsync, ready => ready, "the worker is ready", _ => Log());

    /// <summary>The port of SIP, over UDP and TCP.</summary>
    internal int SipPort => _sipPort;

    /// <summary>The number of lines that the worker has printed.</summary>
    internal int LogLines => _worker!.Lines;

    internal bool HasExited => _worker!.HasExited;

    /// <summary>The exit code of the worker, which ends by itself.</summary>
    internal Task<int> ExitedAsync() => _worker!.ExitedAsync();

    /// <summary>The end of the worker's output.</summary>
    internal string Log() => string.Join("\n", _worker?.Tail(20) ?? []);

    /// <summary>Requests a path; returns status and body, 0 while nothing listens.</summary>
    internal async Task<(int Status, string Body)> GetAsync(string path)
    {
        var port = path.StartsWith("/webhooks", StringComparison.Ordinal) ? _httpPort : _operationsPort;
        try
        {
            using var response = await _http.GetAsync($"http://127.0.0.1:{port}{path}");
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
            return (0, "");
        }
    }

    /// <summary>Writes the configuration of the worker; its path.</summary>
    internal async Task<string> ConfigureAsync()
    {
        var configuration = Path.Combine(_folder, "gateway.json");
        await File.WriteAllTextAsync(configuration, Configuration(StoresOfWorker));
        return configuration;
    }

    /// <summary>Starts the worker and does not wait.</summary>
    internal async Task BeginAsync(int? descriptors = null, int niceness = 0)
    {
        if (_worker is not null) // left by a failed test
            await KillAsync();
        _worker = ChildProgram.Of(
            "worker", "gateway/Gateway.Worker", ["run", await ConfigureAsync()], Environment, _folder, descriptors, niceness);
    }

    /// <summary>Sends the worker a signal by its name without SIG.</summary>
    internal void Signal(string name) => _worker!.Signal(name);

    /// <summary>Of the TLS listener: a certificate and its key, written before the start.</summary>
    internal string CertificatePath => Path.Combine(_folder, "server.pem");

    internal string KeyPath => Path.Combine(_folder, "server.key");

    internal int TlsPort => _tlsPort;

    internal async Task KillAsync()
    {
        if (_worker is null)
            return;
        await _worker.KillAsync();
        await _worker.DisposeAsync();
        _worker = null;
    }

    /// <summary>Starts another node of the same cluster, in this process: it is given no webhook and no INVITE.</summary>
    internal async Task<GatewayNode> StartOtherAsync(string id, Func<GatewayOptions, GatewayOptions>? change = null)
    {
        if (!GatewayOptionsReader.TryRead(Configuration(), out var options, out var errors))
            throw new InvalidOperationException(string.Join(" ", errors));
        var media = LoopbackPorts.Take(MediaPorts);
        options = options with
        {
            Node = options.Node with { Id = id, LostAfter = TimeSpan.FromSeconds(20) }, // the worker is heard of each 10 s
            Http = options.Http with { Listen = "http://127.0.0.1:0", Operations = "http://127.0.0.1:0" },
            Sip = options.Sip with { Listen = [$"udp:127.0.0.1:{LoopbackPorts.Take()}"] },
            Media = options.Media with { Pbx = options.Media.Pbx with { PortMin = media, PortMax = media + MediaPorts - 1 } },
            Storage = options.Storage with { Spool = Path.Combine(_folder, "spool") },
        };
        return await GatewayNode.StartAsync(change?.Invoke(options) ?? options);
    }

    /// <summary>A user's call that an agent has answered, with its pick-up in PostgreSQL.</summary>
    internal async Task<(SandboxCall Call, PbxCall Agent)> LiveAsync()
    {
        var call = await WhatsApp.PlaceAsync();
        var agent = await Pbx.NextAsync();
        await agent.AnswerAsync();
        await Eventually.SeeAsync(() => RowsAsync(call), rows => rows is [{ Answered: true }], "the pick-up is noted");
        return (call, agent);
    }

    /// <summary>
    /// Waits until a restart would find all of the call: its pick-up in PostgreSQL and the PBX's dialog in Redis, which are written side by
    /// side.
    /// </summary>
    internal async Task NotedAsync(SandboxCall call)
    {
        await Eventually.SeeAsync(() => RowsAsync(call), rows => rows is [{ Answered: true }], "the pick-up is stored");
        var id = await IdOfAsync(call);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Stores.Redis);
        await Eventually.SeeAsync(
            () => redis.GetDatabase().KeyExistsAsync($"wa:{{{id}}}:dialog"), kept => kept, "the dialog is kept", _ => Log());
    }

    /// <summary>The agent of a live call asks a number at the PBX, which answers; a restart would find both phones.</summary>
    internal async Task<PbxCall> AskAsync(SandboxCall call, string number)
    {
        await NotedAsync(call);
        var id = await IdOfAsync(call);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Stores.Redis);
        var asked = new NodeCommand.Transfer(new CallId(id), new TransferTarget.ToPbx("main", number)) { Mode = TransferMode.Consult };
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).TransferAsync(asked, CancellationToken.None));
        var target = await Pbx.NextAsync();
        await target.AnswerAsync();
        await Eventually.SeeAsync(
            async () => ((string?)await redis.GetDatabase().StringGetAsync($"wa:{{{id}}}:dialog"))!,
            kept => JsonDocument.Parse(kept).RootElement.GetArrayLength() == 2, "both dialogs are kept");
        return target;
    }

    /// <summary>Our own id of a call.</summary>
    internal async Task<string> IdOfAsync(SandboxCall call)
    {
        await using var connection = new NpgsqlConnection(Postgres + ";Pooling=false");
        return await connection.QuerySingleAsync<string>("SELECT id FROM calls WHERE user_phone = @Phone", call.User);
    }

    /// <summary>PostgreSQL alone would say how to hang its phones up.</summary>
    internal async Task<bool> HasDialogsAsync(SandboxCall call)
    {
        await using var connection = new NpgsqlConnection(Postgres + ";Pooling=false");
        return await connection.ExecuteScalarAsync<bool>("SELECT dialogs IS NOT NULL FROM calls WHERE user_phone = @Phone", call.User);
    }

    /// <summary>Every row of the call.</summary>
    internal async Task<IReadOnlyList<(string? Cause, bool Answered, int? Pulses)>> RowsAsync(SandboxCall call)
    {
        await using var connection = new NpgsqlConnection(Postgres + ";Pooling=false");
        return (await connection.QueryAsync<(string?, bool, int?)>(
            "SELECT cause, answered_at IS NOT NULL, pulses FROM calls WHERE user_phone = @Phone", call.User)).AsList();
    }

    /// <summary>The one row of a call, once it is complete.</summary>
    internal async Task<(string? Cause, bool Answered, int? Pulses)> EndedRowAsync(SandboxCall call) => Assert.Single(
        await Eventually.SeeAsync(() => RowsAsync(call), rows => rows.All(row => row.Cause is not null), "the record is complete"));

    /// <summary>Runs another verb of the program to its end: exit code and output.</summary>
    internal async Task<(int Code, string Output)> RunAsync(string verb, params string[] arguments)
    {
        await using var program = ChildProgram.Of(
            "worker", "gateway/Gateway.Worker", [verb, await ConfigureAsync(), .. arguments], Environment, _folder);
        var code = await program.ExitedAsync();
        return (code, string.Join('\n', program.Tail(50)));
    }

    /// <summary>The spooled records, by their paths.</summary>
    internal string[] SpoolFiles() => Directory.GetFiles(Spool, "*.record");

    /// <summary>The spooled pick-ups, by their paths.</summary>
    internal string[] SpooledAnswers() => Directory.GetFiles(Spool, "*.answer");

    /// <summary>
    /// Puts a record that PostgreSQL has already back into the spool, as if the worker had died before it removed the file.
    /// </summary>
    internal void PutBack(string copy) => File.Copy(copy, Path.Combine(Spool, Path.GetFileName(copy)));

    /// <summary>The folder of the copies.</summary>
    internal string Copy(string file)
    {
        var copy = Path.Combine(_folder, Path.GetFileName(file));
        File.Copy(file, copy);
        return copy;
    }

    public async Task DisposeAsync()
    {
        if (_worker is not null)
            await _worker.DisposeAsync();
        await Pbx.DisposeAsync();
        await WhatsApp.DisposeAsync();
        await Relay.DisposeAsync();
        _http.Dispose();
        Stores.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool HasCertificate => File.Exists(CertificatePath);

    private async Task<bool> IsReadyAsync() => (await GetAsync("/readyz")).Status == 200;

    private string Configuration((string Postgres, string Redis)? stores = null) => JsonSerializer.Serialize(new
    {
        node = new { id = "worker", drainDeadline = DrainDeadline, clusterKeys = ClusterKeys },
        http = new { listen = $"http://127.0.0.1:{_httpPort}", operations = $"http://127.0.0.1:{_operationsPort}" },
        whatsApp = new
        {
            appSecrets = new[] { WebhookRelay.AppSecret }, verifyToken = "verify",
            graph = new { baseUrl = WhatsApp.Url, readDeadline = Patience },
        },
        sip = new
        {
            listen = (string[])[$"udp:127.0.0.1:{_sipPort}", HasCertificate ? $"tls:127.0.0.1:{_tlsPort}" : $"tcp:127.0.0.1:{_sipPort}"],
            tls = HasCertificate ? new { certificatePath = CertificatePath, keyPath = KeyPath } : null,
            trunks = new[] { new { name = "main", server = $"127.0.0.1:{Pbx.Port}", transport = "Udp", keepAlive = "00:00:00" } },
        },
        channels = new[]
        {
            new { phoneNumberId = WhatsApp.Number.PhoneNumberId, number =
                WhatsApp.Number.DisplayNumber, accessToken = WhatsApp.Number.AccessToken, trunks = new[] { "main" } },
        },
        media = new
        {
            loops = 1,
            maxLoadPercent = 100, // the machine of the tests is busy with other things
            maxProcessPercent = 100,
            opus = new { implementation = Opus },
            pbx = new { portMin = _media, portMax = _media + MediaPorts - 1, quarantine = "00:00:00" },
        },
        storage = new { postgres = stores?.Postgres ?? Postgres, redis = stores?.Redis ?? Stores.Redis },
        calls = new { mediaConnect = "00:05:00", preparation = Patience },
    });
}
