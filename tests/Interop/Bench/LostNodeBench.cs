using System.Text.Json.Nodes;
using Dapper;
using Interop.Asterisk;
using StackExchange.Redis;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>
/// Two nodes with a cluster key, each a process: all calls begin at the first, which is killed or drained, and the other one goes on with
/// them. Agents are at desk phones behind Asterisk, and at one that is a trunk itself. Calls cost a cent a second.
/// </summary>
public sealed class LostNodeBench(Stores stores) : CallBench(stores), IAsyncLifetime
{
    public const double Hertz = 700;
    public const string Behind = "ann";

    /// <summary>Calls go to Asterisk.</summary>
    public static readonly BenchChannel Pbx = new("15550008000", "lost-pbx");

    /// <summary>Calls go to the phone.</summary>
    public static readonly BenchChannel Phone = new("15550008001", "lost-phone") { Target = "agent" };

    private const decimal Money = 1000;

    private readonly Stores _stores = stores;
    private readonly BenchNode _first = new();
    private readonly int _pbx = LoopbackPorts.Take();
    private readonly int _phone = LoopbackPorts.Take(2);
    private WebhookDoor _door = null!;
    private ConnectionMultiplexer _redis = null!;
    private BenchProcess? _process;

    internal AdminClient Admin { get; private set; } = null!;

    /// <summary>The name of the first node.</summary>
    public string First => _first.Node;

    protected override string WebhookUrl => _door.Url;

    protected override GatewaySettings Settings => new()
    {
        Channels = [Pbx, Phone],
        Trunks =
        [
            GatewaySettings.Trunk("lost-pbx", _pbx, ("channel", Pbx.PhoneNumberId)),
            GatewaySettings.Trunk(
                "lost-phone", _phone, ("channel", Phone.PhoneNumberId), ("profile", "generic"), ("keepAlive", "00:00:00")),
        ],
        ClusterKeys = ["k1:" + Convert.ToBase64String(new byte[32])],
        IsProcess = true,
        MaxCalls = 200,
        DrainDeadline = "00:01:00",
    };

    protected override AsteriskOptions PbxOptions => new()
    {
        Agents = [new(Behind)],
        Trunks = [new("lost-pbx", _pbx, $"127.0.0.1:{_first.UdpPort}")],
    };

    async Task IAsyncLifetime.InitializeAsync()
    {
        _door = await WebhookDoor.OpenAsync(_first.WebhookUrl, Gateway.WebhookUrl);
        await InitializeAsync();
        _redis = await ConnectionMultiplexer.ConnectAsync(_stores.Redis);
        Admin = await AdminClient.StartAsync(_stores);
        foreach (var channel in new[] { Pbx, Phone })
            await Admin.OpenAccountAsync(channel.Trunks[0], channel, $"{Money}", "1", "0.6");
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await KillFirstAsync();
        await Admin.DisposeAsync();
        await _redis.DisposeAsync();
        await DisposeAsync();
        await _door.DisposeAsync();
    }

    /// <summary>Starts the first node, and waits until it takes calls.</summary>
    public async Task StartFirstAsync() =>
        _process = await BenchProcess.StartAsync(_first, Settings, WhatsApp.Url + "/", _stores, Certificate);

    /// <summary>kill -9.</summary>
    public async Task KillFirstAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        await process.KillAsync();
        await process.DisposeAsync();
    }

    /// <summary>A desk phone that answers by itself: behind Asterisk, or the trunk.</summary>
    public async Task<Baresip> PhoneAsync(bool isBehind)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var options = new BaresipOptions { AutoAnswer = true, ToneHertz = Hertz, Codecs = "pcmu" };
        var phone = await Baresip.StartAsync(
            isBehind
                ? options with { User = Behind, Registrar = Asterisk.Registrar, Password = AsteriskServer.Password }
                : options with { SipPort = _phone },
            timeout.Token);
        if (isBehind)
            await Asterisk.RegisteredAsync(Behind, phone.SipPort);
        return phone;
    }

    /// <summary>Our own id of a user's call.</summary>
    public async Task<string> IdOfAsync(string user)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<string>("SELECT id FROM calls WHERE user_phone = @user", new { user });
    }

    /// <summary>The first node has left what the other one needs to go on with the call.</summary>
    public Task LeftAsync(string id) => Eventually.SeeAsync(
        async () => (IsLeft: await _redis.GetDatabase().KeyExistsAsync($"wa:{{{id}}}:snapshot:1"),
            Owner: (string?)await _redis.GetDatabase().StringGetAsync($"wa:{{{id}}}:owner")),
        seen => seen.IsLeft, "the snapshot is there");

    /// <summary>The call is the other node's.</summary>
    public Task TakenAsync(string id) => Eventually.SeeAsync(
        async () => (string?)await _redis.GetDatabase().StringGetAsync($"wa:{{{id}}}:owner"), owner => owner == $"{Gateway.Node} 2",
        $"the call is at {Gateway.Node}");

    /// <summary>
    /// Of these users' calls: how many records there are and charges, and whether each lasted for the seconds that were charged, at a cent
    /// each; and what all accounts had, less what they have, hold, and have paid: nothing.
    /// </summary>
    public async Task<(long Records, long Charges, bool AreExact, decimal Missing)> MoneyAsync(string[] users)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<(long, long, bool, decimal)>(
            """
            SELECT count(DISTINCT c.id), count(l.id),
                   coalesce(bool_and(
                       c.pulses = ceil(extract(epoch FROM c.ended_at - c.answered_at)) AND -l.amount = c.pulses * 0.01), false),
                   (SELECT sum(@Money - a.balance - a.held + e.paid) FROM accounts a, LATERAL (
                       SELECT coalesce(sum(amount), 0) AS paid FROM ledger_entries WHERE account = a.id AND kind = 'charge') e
                    WHERE a.id = ANY(@accounts))
            FROM calls c LEFT JOIN ledger_entries l ON l.call_id = c.id AND l.kind = 'charge'
            WHERE c.user_phone = ANY(@users)
            """,
            new { users, Money, accounts = new[] { Pbx.Trunks[0], Phone.Trunks[0] } });
    }
}
