using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Benchmarks;
using Load.Processes;
using Media.Protocols.Sdp;
using Npgsql;
using StackExchange.Redis;
using Testing;
using Testing.Peers;

namespace Load.Servers;

/// <summary>
/// The gateway as a process, or several that share private stores; users call, and their calls are charged to an account.
/// </summary>
/// <param name="codecs">Of the two sides.</param>
/// <param name="program">The folder of a published gateway; null: the one that was built.</param>
/// <param name="environment">More of it.</param>
/// <param name="count">Gateways.</param>
internal sealed class GatewayServer(
    CostOptions codecs, string? program, IReadOnlyDictionary<string, string>? environment = null, int count = 1) : ILoadedServer
{
    private const string Books =
        $$"""
        INSERT INTO rate_cards (id, name, currency) VALUES ('load', 'load', 'EUR');
        INSERT INTO rates (card, direction, prefix, valid_from, price_per_minute) VALUES ('load', 'inbound', '', '2020-01-01Z', 0.01);
        INSERT INTO accounts (id, name, currency, rate_card) VALUES ('load', 'load', 'EUR', 'load');
        INSERT INTO ledger_entries (account, kind, amount, balance_after, idempotency_key, actor)
        VALUES ('load', 'top_up', 1000000, 1000000, 'load', 'load');
        UPDATE accounts SET balance = 1000000 WHERE id = 'load';
        INSERT INTO channels (id, number, account) VALUES ('{{WhatsAppPeer.PhoneNumberId}}', '{{WhatsAppPeer.Number}}', 'load')
        ON CONFLICT (id) DO UPDATE SET account = 'load';
        """;

    /// <summary>Complete: ended, and answered calls charged exactly once.</summary>
    private const string Recorded =
        """
        SELECT (SELECT count(*) FROM calls WHERE ended_at IS NOT NULL), (SELECT count(answered_at) FROM calls),
               (SELECT count(*) FROM ledger_entries WHERE kind = 'charge'), (SELECT count(*) FROM holds)
        """;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-load-").FullName;
    private readonly int _graphPort = LoopbackPorts.Take();
    private readonly SipAnswerer _phones = new();
    private readonly List<GatewayProcess> _nodes = [];
    private int _cutOff;
    private Stores? _stores;
    private NpgsqlDataSource? _database;
    private WhatsAppPeer? _whatsApp;

    /// <summary>Its live calls leave snapshots for other nodes.</summary>
    public bool LeavesSnapshots { get; init; }

    /// <summary>The folder of the first gateway where it is another than the others'; null: it is not.</summary>
    public string? FirstProgram { get; init; }

    /// <summary>Changes its configuration before it is started.</summary>
    public Action<JsonNode>? Adjust { get; init; }

    public ProcessTree Processes => new([.. _nodes.Select(node => node.Id)]);

    public ProcessTree? Stores { get; private set; }

    public bool CompilesAsItRuns => true;

    /// <summary>The end of its log.</summary>
    public string LastWords => string.Join('\n', _nodes.Select(node => node.LastWords));

    public int Id => _nodes[0].Id;

    /// <summary>The gateways, in order.</summary>
    public IReadOnlyList<GatewayProcess> Nodes => _nodes;

    /// <summary>Where the gateways reach their stores.</summary>
    public Stores Addresses => _stores!;

    /// <summary>All webhooks go to the first gateway while that takes any.</summary>
    public bool IsFirstAlone { set => _whatsApp!.IsFirstAlone = value; }

    /// <summary>Answered calls that ended before the user hung up.</summary>
    public int CutOff => Volatile.Read(ref _cutOff);

    public async Task StartAsync(CancellationToken stop)
    {
        _stores = Testing.Stores.StartPrivate();
        for (var place = 0; place < count; place++)
            _nodes.Add(new GatewayProcess(place, count, _folder, environment));
        _whatsApp = new WhatsAppPeer(_graphPort) { WebhookUrls = [.. _nodes.Select(node => node.WebhookUrl)] };
        await _whatsApp.StartAsync(stop);
        foreach (var node in _nodes)
            await node.StartAsync(node == _nodes[0] ? FirstProgram ?? program : program, Adjusted(Configuration(node, _stores)), stop);
        _database = NpgsqlDataSource.Create(_stores.Postgres);
        await using var books = _database.CreateCommand(Books);
        await books.ExecuteNonQueryAsync(stop);
        Stores = await StoresAsync(stop);
    }

    /// <summary>From now on this gateway alone is told of calls.</summary>
    public void SendOnlyTo(int place) => _whatsApp!.WebhookUrls = [_nodes[place].WebhookUrl];

    public async Task<bool> PlaceAsync(string user, BridgeFarEnd ends, CancellationToken stop)
    {
        _phones.Expect(user, ends.Phone);
        return await _whatsApp!.CallAsync(user, ends, stop);
    }

    public async Task HangUpAsync(string user, CancellationToken stop)
    {
        if (_phones.EndedAsync(user).IsCompleted)
            Interlocked.Increment(ref _cutOff);
        await _whatsApp!.HangUpAsync(user, stop);
        await Task.WhenAny(_phones.EndedAsync(user), Task.Delay(ILoadedServer.Timeout, stop));
        _phones.Forget(user);
    }

    public async Task<string?> FindFaultAsync(int placed, int answered, CancellationToken stop)
    {
        await using var command = _database!.CreateCommand(Recorded);
        for (var until = DateTime.UtcNow + Settling; ; await Task.Delay(200, stop))
        {
            await using var reader = await command.ExecuteReaderAsync(stop);
            await reader.ReadAsync(stop);
            var (ended, talked, charged, held) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
            if (ended >= placed && charged == talked && talked >= answered && held == 0)
                return null;
            if (DateTime.UtcNow > until)
                return $"of {placed} calls {ended} have a record; {talked} answered, {charged} charged, {held} holds left";
        }
    }

    /// <summary>Why calls that nobody answered ended, with how many did so; most first.</summary>
    public async Task<IReadOnlyList<(string Cause, int Calls)>> CausesOfUnansweredAsync(CancellationToken stop)
    {
        await using var command = _database!.CreateCommand(
            "SELECT cause, count(*) FROM calls WHERE ended_at IS NOT NULL AND answered_at IS NULL GROUP BY cause ORDER BY 2 DESC");
        await using var reader = await command.ExecuteReaderAsync(stop);
        var causes = new List<(string, int)>();
        while (await reader.ReadAsync(stop))
            causes.Add((reader.GetString(0), (int)reader.GetInt64(1)));
        return causes;
    }

    /// <summary>The metrics whose name begins so, with their labels, of all gateways together.</summary>
    public async Task<IReadOnlyDictionary<string, double>> MetricsAsync(string prefix, CancellationToken stop)
    {
        var all = new Dictionary<string, double>();
        foreach (var node in _nodes)
            foreach (var line in (await node.MetricsAsync(stop)).Split('\n')
                .Where(line => line.StartsWith(prefix, StringComparison.Ordinal)))
            {
                var space = line.LastIndexOf(' ');
                all[line[..space]] = all.GetValueOrDefault(line[..space]) + double.Parse(line[space..]);
            }
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_whatsApp is not null)
            await _whatsApp.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        _stores?.Dispose();
        _phones.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Adjusted(string configuration)
    {
        if (Adjust is null)
            return configuration;
        var root = JsonNode.Parse(configuration)!;
        Adjust(root);
        return root.ToJsonString();
    }

    private async Task<ProcessTree> StoresAsync(CancellationToken stop)
    {
        await using var command = _database!.CreateCommand("SELECT pg_backend_pid()");
        var backend = (int)(await command.ExecuteScalarAsync(stop))!;
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_stores!.Redis + ",allowAdmin=true");
        var server = (await redis.GetServers()[0].InfoAsync("server")).SelectMany(group => group).First(pair => pair.Key == "process_id");
        return new ProcessTree(ProcessTree.ParentOf(backend), int.Parse(server.Value));
    }

    /// <summary>What live calls have when a gateway is stopped.</summary>
    public TimeSpan DrainDeadline { get; init; } = TimeSpan.FromSeconds(1);

    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private string Configuration(GatewayProcess node, Stores stores) => JsonSerializer.Serialize(new
    {
        node = new
        {
            id = node.Name, maxCalls = 100_000, drainDeadline = DrainDeadline,
            clusterKeys = LeavesSnapshots ? new[] { "load:" + Convert.ToBase64String(new byte[32]) } : null,
        },
        http = new { listen = $"http://127.0.0.1:{node.HttpPort}", operations = $"http://127.0.0.1:{node.OperationsPort}" },
        whatsApp = new
        {
            appSecrets = new[] { WhatsAppPeer.AppSecret }, verifyToken = "load-verify",
            graph = new { baseUrl = $"http://127.0.0.1:{_graphPort}/" },
        },
        sip = new
        {
            listen = new[] { $"udp:127.0.0.1:{node.SipPort}" },
            trunks = new[]
            {
                new
                {
                    name = "pbx", server = $"127.0.0.1:{_phones.Port}", transport = "Udp", keepAlive = "00:00:00",
                    allowedSources = new[] { "127.0.0.0/8" }, codecs = new[] { codecs.PhoneCodec.ToString() },
                },
            },
        },
        channels = new[]
        {
            new
            {
                phoneNumberId = WhatsAppPeer.PhoneNumberId, number = WhatsAppPeer.Number, accessToken = "load-token",
                trunks = new[] { "pbx" },
            },
        },
        media = new
        {
            whatsApp = new { offerG711 = codecs.UserCodec == AudioCodec.Pcmu },
            pbx = new { portMin = node.MediaFirst, portMax = node.MediaLast, quarantine = "00:00:01" },
        },
        storage = new { postgres = stores.Postgres, redis = stores.Redis },
    }, WithoutNulls);
}
