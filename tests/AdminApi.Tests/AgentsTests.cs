using System.Text.Json;
using AdminApi.Tests.Kit;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using StackExchange.Redis;
using static AdminApi.Tests.Kit.CentreSamples;

namespace AdminApi.Tests;

/// <summary>Agents, their states, and commands about them.</summary>
[Collection(ApiCollection.Name)]
public sealed class AgentsTests(ApiFixture api)
{
    private IAgentRegistry Registry => api.Get<IAgentRegistry>();

    [Fact]
    public async Task An_agent_becomes_available_is_taken_for_a_call_and_away_after_it()
    {
        var group = await GroupAsync(api);
        var id = await AgentAsync(api, group);
        Assert.Equal(("offline", "offline"), await StateAsync(id));
        await SetAsync(id, new { presence = "available" });
        Assert.Equal(("available", "available"), await StateAsync(id));
        var call = new CallId(Guid.NewGuid().ToString("n"));
        var request = new TakeRequest(call, "n1", new GroupId(group), [], AgentOrder.LongestIdle, 1, []);
        var taken = Assert.Single((await Registry.TakeAsync(request, CancellationToken.None)).Agents);
        Assert.Equal(id, taken.Agent.Value);
        var list = await api.ReadAsync(api.Get($"/v1/agents?group={group}"));
        var shown = Assert.Single(list.GetProperty("items").EnumerateArray()).GetProperty("state");
        Assert.Equal(("ringing", call.Value), (shown.GetProperty("state").GetString(), shown.GetProperty("callId").GetString()));
        await SetAsync(id, new { presence = "away", reason = "lunch" });
        Assert.Equal(("ringing", "away"), await StateAsync(id));
        await Registry.ReleaseAsync(taken.Agent, taken.Token, TimeSpan.Zero, CancellationToken.None);
        Assert.Equal(("away", "away"), await StateAsync(id));

        await using var connection = await api.Database.OpenConnectionAsync();
        Assert.Equal(2, await connection.QuerySingleAsync<int>(
            "SELECT count(*)::int FROM audit_entries WHERE action = 'agent.set_state' AND subject = 'agent:' || @id", new { id }));
    }

    [Fact]
    public async Task Whom_the_registry_has_lost_can_sign_in_again_and_a_deleted_agent_is_forgotten()
    {
        var id = await AgentAsync(api);
        await Registry.ForgetAsync(new AgentId(id), CancellationToken.None);
        await SetAsync(id, new { presence = "available" });
        Assert.Equal(("available", "available"), await StateAsync(id));
        await api.ReadAsync(api.Delete($"/v1/agents/{id}", 1));
        Assert.Null(await Registry.FindAsync(new AgentId(id), CancellationToken.None));
    }

    [Fact]
    public async Task All_that_is_wrong_with_an_agent_is_said_at_once()
    {
        var other = await AgentAsync(api);
        object[] phones = [new { kind = "extension", trunk = "", number = "a b" }, new { kind = "registered", user = "" }];
        var groups = new object[] { new { group = "x", skill = 101 }, new { group = "x" } };
        var wrong = await ErrorsAsync(api.Post("/v1/agents", new { id = "Anna!", name = "", groups, phones }));
        Assert.Equal(
            ["id", "name", "groups", "groups", "phones[0].trunk", "phones[0].number", "phones[1].user"], wrong);
        Assert.Equal(
            ["channel", "groups", "phones[0]"],
            (await ErrorsAsync(api.Post("/v1/agents", new
            {
                id = Name("a"), name = "Bert", groups = new[] { new { group = "none" } }, channel = "nowhere",
                phones = new[] { new { kind = "extension", trunk = "main", number = other } },
            }))).Order());
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Post("/v1/agents", new
        {
            id = Name("a"), name = "Bert", phones = new[] { new { trunk = "main", number = "1" } },
        })));
    }

    [Fact]
    public async Task Members_of_a_group_are_known_to_the_registry_at_once()
    {
        var (group, id) = (await GroupAsync(api), await AgentAsync(api));
        await SetAsync(id, new { presence = "available" });
        var request = new TakeRequest(
            new CallId(Guid.NewGuid().ToString("n")), "n1", new GroupId(group), [], AgentOrder.MostSkilled, 1, []);
        Assert.Equal(0, (await Registry.TakeAsync(request, CancellationToken.None)).SignedIn);
        var members = await api.ReadAsync(
            api.Put($"/v1/groups/{group}/members", new { items = new[] { new { agent = id, skill = 9 } } }, 1));
        Assert.Equal(2, members.GetProperty("version").GetInt64());
        Assert.Equal(id, Assert.Single((await Registry.TakeAsync(request, CancellationToken.None)).Agents).Agent.Value);
    }

    [Theory]
    [InlineData("""{"to":{"agent":"@"}}""", """{"kind":"agent","Agent":{"Value":"@"}}""")]
    [InlineData("""{"to":{"trunk":"main","target":"*99"},"mode":"blind"}""", """{"kind":"pbx","Trunk":"main","Target":"*99"}""")]
    [InlineData("""{"to":{"agent":"@"},"mode":"consult"}""", """{"kind":"agent","Agent":{"Value":"@"}}""", TransferMode.Consult)]
    public async Task A_transfer_reaches_the_node_that_runs_the_call(string body, string target, TransferMode mode = TransferMode.Blind)
    {
        var agent = await AgentAsync(api);
        var node = "node-" + Guid.NewGuid().ToString("n");
        var heard = new TaskCompletionSource<NodeCommand>();
        var listener = new NodeCommandListener(api.Get<IConnectionMultiplexer>(), node, command =>
        {
            heard.SetResult(command);
            return Task.FromResult(CommandReply.Done);
        });
        await listener.StartAsync();
        var call = await Samples.LiveCallAsync(api, node);
        await api.ReadAsync(api.Post($"/v1/calls/{call}/transfer", body.Replace("@", agent)));
        var transfer = Assert.IsType<NodeCommand.Transfer>(await heard.Task);
        Assert.Equal((call, mode), (transfer.Call.Value, transfer.Mode));
        Assert.Equal(target.Replace("@", agent), JsonSerializer.Serialize(transfer.To));
        await listener.StopAsync();
    }

    [Theory]
    [InlineData("""{"to":{}}""")]
    [InlineData("""{"to":{"agent":"a","group":"b"}}""")]
    [InlineData("""{"to":{"trunk":"main"}}""")]
    [InlineData("""{"to":{"trunk":"main","target":"1 2"}}""")]
    [InlineData("""{"to":{"agent":"a"},"mode":"warm"}""")]
    public async Task A_transfer_goes_to_exactly_one(string body) =>
        Assert.Equal((400, "invalid_request"), await api.FailAsync(api.Post("/v1/calls/none/transfer", body)));

    [Fact]
    public async Task A_call_for_an_agent_rings_the_phone_at_the_trunk_and_goes_out_by_the_contacts_channel()
    {
        var agent = await AgentAsync(api);
        var channel = await ChannelSamples.ChannelAsync(api);
        await using var connection = await api.Database.OpenConnectionAsync();
        var contact = await connection.QuerySingleAsync<long>(
            "INSERT INTO contacts (channel, phone, user_id) VALUES (@channel, '15550009', 'US.9') RETURNING id", new { channel });
        var redis = api.Get<IConnectionMultiplexer>();
        await redis.GetSubscriber().UnsubscribeAllAsync();
        var commands = new List<NodeCommand.CallBack>();
        var listener = new NodeCommandListener(redis, "only", command =>
        {
            commands.Add((NodeCommand.CallBack)command);
            return Task.FromResult(CommandReply.Done with { Call = new CallId("c1") });
        });
        await listener.StartAsync();
        var started = await api.ReadAsync(api.Post("/v1/calls", new { agent, contact, by = "user_id", trunk = "main", ringSeconds = 15 }));
        Assert.Equal("c1", started.GetProperty("callId").GetString());
        var command = Assert.Single(commands);
        Assert.Equal(
            (channel, agent, "main", new AgentId(agent), 15),
            (command.Channel.Value, command.Agent, command.Trunk, command.AgentId!.Value, command.RingSeconds!.Value));
        Assert.Equal((null, "US.9"), (command.User.Phone, command.User.UserId));
        await listener.StopAsync();
    }

    private async Task<(string?, string?)> StateAsync(string agent)
    {
        var state = await api.ReadAsync(api.Get($"/v1/agents/{agent}/state"));
        return (state.GetProperty("state").GetString(), state.GetProperty("presence").GetString());
    }

    private Task SetAsync(string agent, object state) => api.ReadAsync(api.Put($"/v1/agents/{agent}/state", state));

    private async Task<IEnumerable<string>> ErrorsAsync(HttpRequestMessage request)
    {
        var answer = await api.Client.SendAsync(request);
        var problem = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        return [.. problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()!)];
    }
}
