using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Balances;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Gateway.Calls.Tracing;
using Gateway.Storage;
using Gateway.Storage.Calls;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.Storage.Nodes;
using Gateway.Storage.Tracing;

namespace AdminConsole.Tests;

/// <summary>A small contact centre with two weeks behind it: what the pages have to show.</summary>
public sealed class ConsoleSamples(ConsoleBench bench)
{
    /// <summary>Runs when it is taken for HTML, and turns the direction of what follows.</summary>
    public const string HostileName = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>\u202Egnol";

    public const string Channel = "900100200", Account = "acme", Card = "standard", Group = "sales", Flow = "inbound";

    private static readonly string[] Names = ["Ada Lovelace", "Grace Hopper", HostileName, "Li Wei", "محمد الأمين"];

    private static readonly string[] Users = ["4915112345678", "5511987654321", "447911123456", "8613812345678", "201001234567"];

    private readonly Dictionary<string, long> _contacts = [];

    private readonly HttpClient _http = new() { BaseAddress = new Uri(bench.Url) };

    /// <summary>Every page of the console that shows what the API has.</summary>
    public IEnumerable<string> Pages =>
    [
        "/", "/team", "/missed", "/voicemails", "/contacts", $"/contacts/{Contact}", "/calls", $"/calls/{CallId}", $"/traces/{CallId}",
        "/statistics?period=month", "/accounts", $"/accounts/{Account}", "/rates", $"/rates/{Card}", "/channels", $"/channels/{Channel}",
        "/flows", $"/flows/{Flow}", "/nodes", "/keys", "/audit",
    ];

    /// <summary>An answered call with a trace.</summary>
    public string CallId { get; private set; } = "";

    public long Contact { get; private set; }

    public long ContactOf(string user) => _contacts[user];

    public async Task<JsonElement> PostAsync(string path, object body, HttpMethod? method = null, string? version = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, path)
        {
            Content = JsonContent.Create(body, options: JsonText.Options),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bench.Key);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        if (version is not null)
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async Task OpenAsync()
    {
        await bench.Get<ChannelStore>().SeedAsync([new(new ChannelId(Channel), "493012345678", "DE")], CancellationToken.None);
        await PostAsync($"/v1/channels/{Channel}", new { name = "Support" }, HttpMethod.Patch, "1");
        await PostAsync("/v1/rate-cards", new { id = Card, name = "Standard", currency = "EUR" });
        foreach (var direction in new[] { "inbound", "outbound" })
            await PostAsync(
                $"/v1/rate-cards/{Card}/rates", new { direction, prefix = "", pricePerMinute = "0.0123", validFrom = "2020-01-01" });
        await PostAsync("/v1/accounts", new { id = Account, name = "Acme", currency = "EUR", rateCard = Card });
        await PostAsync($"/v1/accounts/{Account}/top-ups", new { amount = "250.00", currency = "EUR", note = "Invoice 17" });
        await PostAsync("/v1/accounts", new { id = "empty", name = "Empty", currency = "EUR" });
        await PostAsync("/v1/groups", new { id = Group, name = "Sales", answerWithinSeconds = 20 });
        foreach (var (id, name) in new[] { ("anna", "Anna"), ("ben", "Ben"), ("carla", HostileName) })
            await PostAsync("/v1/agents", new
            {
                id, name, groups = new[] { new { group = Group, skill = 50 } }, phones = new[] { new { kind = "registered", user = id } },
            });
        await PostAsync("/v1/agents/anna/state", new { presence = "available" }, HttpMethod.Put);
        await PostAsync("/v1/agents/ben/state", new { presence = "away", reason = "Lunch" }, HttpMethod.Put);
        await PostAsync("/v1/flows", new
        {
            id = Flow, name = "Inbound", start = "wait",
            steps = new Dictionary<string, object>
            {
                ["wait"] = new { kind = "queue", group = Group, next = "end", maxWaitSeconds = 60 },
                ["end"] = new { kind = "refuse", reason = "no_answer" },
            },
        });
        await HostileAsync();
        await bench.Get<NodeLeases>().BeatAsync(new LeasedNode("gateway-1", "1"), TimeSpan.FromHours(1), hasRoom: true);
        await CallsAsync();
        await LiveCallsAsync(3);
    }

    /// <summary>Whatever people may name is named so that it would do harm as HTML.</summary>
    private async Task HostileAsync()
    {
        const string id = "hostile", channel = "900100201";
        await bench.Get<ChannelStore>().SeedAsync([new(new ChannelId(channel), "493012345679", "DE")], CancellationToken.None);
        await PostAsync($"/v1/channels/{channel}", new { name = HostileName }, HttpMethod.Patch, "1");
        await PostAsync("/v1/rate-cards", new { id, name = HostileName, currency = "EUR" });
        await PostAsync("/v1/accounts", new { id, name = HostileName, currency = "EUR", rateCard = id });
        await PostAsync($"/v1/accounts/{Account}/top-ups", new { amount = "0.01", currency = "EUR", note = HostileName });
        await PostAsync("/v1/groups", new { id, name = HostileName });
        await PostAsync("/v1/flows", new
        {
            id, name = HostileName, start = "end",
            steps = new Dictionary<string, object> { ["end"] = new { kind = "refuse", reason = "no_answer" } },
        });
        await PostAsync("/v1/keys", new { name = HostileName, scopes = new[] { "read" } });
        await PostAsync("/v1/agents/carla/state", new { presence = "away", reason = HostileName }, HttpMethod.Put);
    }

    private async Task CallsAsync()
    {
        var store = new PostgresCallStore(bench.Database);
        var random = new Random(7);
        var records = Enumerable.Range(0, 240).Select(i => Call(random, i)).ToArray();
        for (var i = 0; i < Users.Length; i++)
            _contacts[Users[i]] = Contact = (await bench.Get<ContactStore>().ApplyAsync(
                new ChannelId(Channel), new WhatsAppUser(Users[i], null, null, Names[i]), DateTimeOffset.UtcNow, same => same, null,
                CancellationToken.None)).Id;
        await store.CompleteAllAsync(records, new Gateway.Calls.Permissions.PermissionLimits(), CancellationToken.None);
        await store.CompleteAllAsync([Missed(0, 25), Missed(0, 8), Missed(3, 20)], CancellationToken.None);
        var answered = records.First(call => call.AnsweredAt is not null);
        CallId = answered.Id.Value;
        await new CallTraceStore(bench.Database).AddAsync([TraceOf(answered)], CancellationToken.None);
    }

    /// <summary>A user who calls in vain, and was not reached since.</summary>
    private static CallRecord Missed(int user, int minutesAgo)
    {
        var start = DateTimeOffset.UtcNow.AddMinutes(-minutesAgo);
        return new CallRecord
        {
            Id = new CallId(Guid.NewGuid().ToString("n")),
            Direction = CallDirection.Inbound,
            Channel = new ChannelId(Channel),
            User = new WhatsAppUser(Users[user], null, null, Names[user]),
            StartedAt = start,
            EndedAt = start.AddSeconds(35),
            Cause = HangupCause.NoAnswer,
            Node = "gateway-1",
            Group = new GroupId(Group),
            WaitedFrom = start.AddSeconds(1),
        };
    }

    private static CallTrace TraceOf(CallRecord call)
    {
        TraceEntry Entry(
            double seconds, TraceKind kind, TracePeer peer, TraceDirection direction, string summary, string? details = null) =>
            new(call.StartedAt.AddSeconds(seconds), kind, summary) { Peer = peer, Direction = direction, Details = details };
        return new CallTrace(
            call.Id, 1, call.Node, call.StartedAt, call.EndedAt, call.Cause, "The user hung up",
            [
                Entry(0, TraceKind.Webhook, TracePeer.WhatsApp, TraceDirection.In, "connect"),
                Entry(0.004, TraceKind.Admission, TracePeer.None, TraceDirection.None, "admitted: acme has a price for it"),
                Entry(0.012, TraceKind.Graph, TracePeer.WhatsApp, TraceDirection.Out, "pre_accept 200") with { DurationMs = 84.2 },
                Entry(
                    0.1, TraceKind.Sip, TracePeer.Pbx, TraceDirection.Out, "INVITE sip:21@pbx.example",
                    "INVITE sip:21@pbx.example SIP/2.0\r\nFrom: " + HostileName) with { Trunk = "office", Codecs = "G722 PCMA" },
                Entry(0.2, TraceKind.Sip, TracePeer.Pbx, TraceDirection.In, "180 Ringing"),
                Entry(3.2, TraceKind.Sip, TracePeer.Pbx, TraceDirection.In, "200 OK"),
                Entry(3.4, TraceKind.Ice, TracePeer.WhatsApp, TraceDirection.None, "host to relay: 157.240.0.1"),
                Entry(9, TraceKind.Quality, TracePeer.WhatsApp, TraceDirection.None, "MOS 2.9, 8 % lost") with { IsFailure = true },
            ])
        {
            Direction = call.Direction,
            Channel = call.Channel,
        };
    }

    private static CallRecord Call(Random random, int i)
    {
        var start = DateTimeOffset.UtcNow.AddMinutes(-random.Next(14 * 24 * 60)).AddMinutes(-30);
        var isAnswered = random.Next(5) > 0;
        var user = random.Next(Users.Length);
        var isInbound = random.Next(4) > 0;
        var wait = random.Next(2, 40);
        var talk = random.Next(20, 400);
        var agent = random.Next(2) == 0 ? "anna" : "ben";
        return new CallRecord
        {
            Id = new CallId(Guid.NewGuid().ToString("n")),
            Direction = isInbound ? CallDirection.Inbound : CallDirection.Outbound,
            Channel = new ChannelId(Channel),
            User = new WhatsAppUser(Users[user], null, null, Names[user]),
            StartedAt = start,
            RingingAt = start.AddSeconds(1),
            AnsweredAt = isAnswered ? start.AddSeconds(wait) : null,
            EndedAt = start.AddSeconds(wait + (isAnswered ? talk : 0)),
            Cause = isAnswered ? i % 2 == 0 ? HangupCause.WhatsAppHungUp : HangupCause.PbxHungUp : HangupCause.NoAnswer,
            Node = "gateway-1",
            AgentId = isAnswered ? new AgentId(agent) : null,
            Agent = isAnswered ? agent : null,
            Group = isInbound ? new GroupId(Group) : null,
            Flow = isInbound ? new FlowId(Flow) : null,
            FlowVersion = isInbound ? 1 : null,
            WaitedFrom = isInbound ? start.AddSeconds(1) : null,
            AgentAnsweredAt = isInbound && isAnswered ? start.AddSeconds(wait) : null,
            WhatsAppQuality = !isAnswered ? null
                : new LegQuality(50L * talk, random.Next(20), 3 + random.NextDouble() * 10, 80, 3.6 + random.NextDouble() * 0.8),
            PbxQuality = !isAnswered ? null
                : new LegQuality(50L * talk, random.Next(3), 1 + random.NextDouble(), 4, 4.2 + random.NextDouble() * 0.2),
            Funding = new Funding(
                Account, "EUR",
                new Rate(1, Card, CallDirection.Inbound, "", "EUR", 0.0123m, 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []), 0),
        };
    }

    /// <summary>Calls in progress, as a node publishes them again and again: they are forgotten where it does not.</summary>
    public async Task LiveCallsAsync(int count)
    {
        var now = DateTimeOffset.UtcNow;
        for (var i = 0; i < count; i++)
        {
            var state = (i % 3) switch { 0 => CallState.Live, 1 => CallState.Waiting, _ => CallState.RingingPbx };
            await bench.Get<ICallRegistry>().PublishAsync(
                new LiveCall(
                    IdOf(i), new WhatsAppCallId("wacid.X" + i), CallDirection.Inbound,
                    new ChannelId(Channel), $"…{i:0000}", "office", state == CallState.Live ? "anna" : null, state,
                    now.AddSeconds(-90 - i), state == CallState.Live ? now.AddSeconds(-60 - i) : null, "gateway-1"),
                CancellationToken.None);
        }
    }

    /// <summary>Ends those of so many calls that <see cref="LiveCallsAsync"/> shows, but for the first.</summary>
    public async Task EndCallsAsync(int count, int but)
    {
        for (var i = but; i < count; i++)
            await bench.Get<ICallRegistry>().RemoveAsync(IdOf(i), 0, CancellationToken.None);
    }

    private static CallId IdOf(int call) => new($"{call:x32}");

    /// <summary>A gateway says what trunks it has.</summary>
    public Task TrunksAsync(string node, params string[] trunks) =>
        new ChannelStore(bench.Database, TimeProvider.System).SeeNodeAsync(node, trunks, CancellationToken.None);

    /// <summary>The calls that agents have still to return, whatever other tests did with theirs.</summary>
    public async Task<string> MissedCallAsync(string name)
    {
        var id = Guid.NewGuid().ToString("n");
        await using var connection = await bench.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "INSERT INTO missed_calls (call_id, channel, user_handle, user_name, missed_at, cause) " +
                "VALUES (@id, @Channel, '15550001', @name, now(), 'no_answer')",
            new { id, Channel, name });
        return id;
    }
}
