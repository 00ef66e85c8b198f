using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Directories;

/// <summary>Agents, groups, flows, rules and audio files: kept whole, consistent, and noticed by nodes.</summary>
[Collection(StoresCollection.Name)]
public sealed class DirectoryTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _owner, _admin, _worker;
    private readonly DirectoryBench _bench;

    public DirectoryTests(Stores stores)
    {
        _owner = NpgsqlDataSource.Create(stores.Postgres);
        _admin = As("gateway_admin");
        _worker = As("gateway_worker");
        _bench = new DirectoryBench(_admin);

        NpgsqlDataSource As(string role) =>
            NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(stores.Postgres) { Options = "-c role=" + role }.ConnectionString);
    }

    public Task InitializeAsync() => Migrator.MigrateAsync(_owner, None);

    public async Task DisposeAsync()
    {
        await _owner.DisposeAsync();
        await _admin.DisposeAsync();
        await _worker.DisposeAsync();
    }

    [Fact]
    public async Task A_node_loads_the_directory_once_and_again_after_each_kind_of_change()
    {
        var store = new DirectoryStore(_worker);
        var version = (await store.LoadAsync(null, None))!.Version;
        Assert.Null(await store.LoadAsync(version, None));

        await ChangesAsync(() => _bench.AddGroupAsync("sales"));
        await ChangesAsync(() => _bench.AddAgentAsync("anna", _bench.Group("sales")));
        await ChangesAsync(() => _bench.AddAudioAsync("music"));
        await ChangesAsync(() => _bench.Flows.CreateAsync(_bench.QueueFlow("in", "sales", "music"), "test", None));
        var routes = await _bench.Routes.FindAsync(None);
        await ChangesAsync(() => _bench.Routes.ReplaceAsync(
            [.. routes.Routes, new FlowRouteDocument(3, _bench.FlowId("in")) { Prefixes = ["49"], HasLastAgent = true, Weight = 7 }],
            routes.Version, "test", None));

        var loaded = (await store.LoadAsync(null, None))!;
        Assert.Equal(version, loaded.Version);
        Assert.Equivalent(_bench.Agent("anna", _bench.Group("sales")), loaded.Agents.Single(agent => agent.Id == _bench.AgentId("anna")));
        var group = loaded.Groups.Single(one => one.Id == _bench.Group("sales"));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)), (group.WrapUp, group.AnswerWithin));
        var flow = loaded.Flows.Single(one => one.Id == _bench.FlowId("in"));
        Assert.Equal(JsonText.Of(_bench.QueueFlow("in", "sales", "music")), JsonText.Of(flow));
        var route = loaded.Routes.Single(one => one.Flow == _bench.FlowId("in"));
        Assert.Equal((3, "49", true, 7), (route.Place, route.Prefixes.Single(), route.HasLastAgent, route.Weight));
        Assert.Contains(loaded.Audio, audio => audio.Name == _bench.Name("music") && audio.Language == "en");

        async Task ChangesAsync(Func<Task> change)
        {
            await change();
            var after = await store.LoadAsync(version, None);
            Assert.NotNull(after);
            Assert.True(after.Version > version);
            version = after.Version;
            Assert.Null(await store.LoadAsync(version, None));
        }
    }

    [Fact]
    public async Task An_agent_comes_back_as_saved_and_of_two_changes_of_one_version_the_second_is_refused()
    {
        await _bench.AddGroupAsync("a");
        await _bench.AddGroupAsync("b");
        var agent = await _bench.AddAgentAsync("anna", _bench.Group("a"));
        Assert.Equal(StoreRefusal.AlreadyExists, (await _bench.Agents.CreateAsync(agent, "test", None)).Refusal);
        var changed = agent with { Name = "Änne", Groups = [new(_bench.Group("b"), 9, 1)], Phones = [agent.Phones[1]] };
        var after = (await _bench.Agents.ReplaceAsync(changed, 1, "test", None)).Value!;
        Assert.Equivalent(changed with { Version = 2 }, after);
        Assert.Equivalent(after, await _bench.Agents.FindAsync(agent.Id, None));
        Assert.Equal(StoreRefusal.StaleVersion, (await _bench.Agents.ReplaceAsync(changed, 1, "test", None)).Refusal);
        Assert.Equal([agent.Id], (await _bench.Agents.ListAsync(9, null, _bench.Group("b"), None)).Select(one => one.Id));
        Assert.Empty(await _bench.Agents.ListAsync(9, null, _bench.Group("a"), None));
        Assert.Equal(2, await new DirectoryBench(_owner).QueryAsync<long>(
            "SELECT count(*) FROM audit_entries WHERE subject = @subject", new { subject = $"agent:{agent.Id}" }));
    }

    [Fact]
    public async Task Everything_that_an_agent_names_must_be_there_and_a_phone_is_one_agents()
    {
        await _bench.AddAgentAsync("anna");
        var bert = _bench.Agent("bert", new GroupId("none")) with
        {
            Channel = new ChannelId("nowhere"), Phones = [new AgentPhone.Registered("x"), .. _bench.Agent("anna").Phones],
        };
        var outcome = await _bench.Agents.CreateAsync(bert, "test", None);
        Assert.Equal(StoreRefusal.UnknownReference, outcome.Refusal);
        Assert.Equal(
            [
                "channel: 'nowhere' is no channel.", "groups: 'none' is no group.",
                $"phones[1]: is a phone of agent '{_bench.Name("anna")}'.", $"phones[2]: is a phone of agent '{_bench.Name("anna")}'.",
            ],
            outcome.Problems.Order(StringComparer.Ordinal));
        Assert.Null(await _bench.Agents.FindAsync(bert.Id, None));
    }

    [Fact]
    public async Task The_members_of_a_group_are_replaced_as_a_whole_and_those_who_change_get_a_new_version()
    {
        var group = await _bench.AddGroupAsync("sales");
        var (anna, bert) = (await _bench.AddAgentAsync("anna", group.Id), await _bench.AddAgentAsync("bert"));
        var kept = new GroupMember(anna.Id, 50, 2);
        var after = (await _bench.Groups.ReplaceMembersAsync(group.Id, 1, [kept, new(bert.Id, 7, 1)], "test", None)).Value!;
        Assert.Equal(2, after.Version);
        Assert.Equal([new(bert.Id, 7, 1), kept], await _bench.Groups.MembersAsync(group.Id, None));
        Assert.Equal((1, 2), ((await FindAsync(anna)).Version, (await FindAsync(bert)).Version));
        await _bench.Groups.ReplaceMembersAsync(group.Id, 2, [kept], "test", None);
        Assert.Empty((await FindAsync(bert)).Groups);
        var strangers = await _bench.Groups.ReplaceMembersAsync(group.Id, 3, [new(new AgentId("nobody"))], "test", None);
        Assert.Equal(["items: 'nobody' is no agent."], strangers.Problems);
        Assert.NotNull((await _bench.Groups.DeleteAsync(group.Id, 3, "test", None)).Value);
        var left = await FindAsync(anna);
        Assert.Equal((0, 2), (left.Groups.Count, left.Version));

        async Task<Agent> FindAsync(Agent agent) => (await _bench.Agents.FindAsync(agent.Id, None))!;
    }

    [Fact]
    public async Task A_flow_keeps_every_version_and_goes_on_counting_after_it_was_deleted()
    {
        await _bench.AddGroupAsync("sales");
        var flow = _bench.QueueFlow("in", "sales");
        Assert.Equal(1, (await _bench.Flows.CreateAsync(flow, "anna", None)).Value!.Flow.Version);
        Assert.Equal(2, (await _bench.Flows.ReplaceAsync(flow with { Name = "Two" }, 1, "bert", None)).Value!.Flow.Version);
        Assert.Equal(StoreRefusal.StaleVersion, (await _bench.Flows.ReplaceAsync(flow, 1, "test", None)).Refusal);
        Assert.Equal(
            [(2L, true, "bert"), (1L, false, "anna")],
            (await _bench.Flows.VersionsAsync(flow.Id, 9, null, None)).Select(one => (one.Flow.Version, one.IsCurrent, one.SavedBy)));
        Assert.NotNull((await _bench.Flows.DeleteAsync(flow.Id, 2, "test", None)).Value);
        Assert.Null(await _bench.Flows.FindAsync(flow.Id, None));
        Assert.Equal("in", (await _bench.Flows.FindAsync(flow.Id, 1, None))!.Flow.Name);
        Assert.DoesNotContain((await _bench.Directory.LoadAsync(null, None))!.Flows, one => one.Id == flow.Id);
        Assert.Equal(3, (await _bench.Flows.CreateAsync(flow, "test", None)).Value!.Flow.Version);
    }

    [Fact]
    public async Task A_flow_with_faults_is_not_saved_and_all_of_them_are_named()
    {
        var flow = _bench.QueueFlow("in", "nowhere", "nothing") with { Start = "x" };
        var outcome = await _bench.Flows.CreateAsync(flow, "test", None);
        Assert.Equal(StoreRefusal.InvalidFlow, outcome.Refusal);
        Assert.Equal(
            [
                $"steps['queue'].group: '{_bench.Group("nowhere")}' is no group.",
                $"steps['queue'].music: '{_bench.Name("nothing")}' is no audio file.", "start: 'x' is no step.",
            ],
            outcome.Problems);
        Assert.Null(await _bench.Flows.FindAsync(flow.Id, None));
    }

    [Fact]
    public async Task What_a_flow_names_is_not_deleted_and_neither_is_a_flow_that_a_rule_names()
    {
        var group = await _bench.AddGroupAsync("sales");
        var agent = await _bench.AddAgentAsync("anna");
        var music = await _bench.AddAudioAsync("music");
        var place = await _bench.AddAudioAsync("place-1");
        var flow = _bench.QueueFlow("in", "sales", "music");
        var queue = ((FlowStep.Queue)flow.Steps["queue"]) with { Next = "ring", PlaceAudio = _bench.Name("place-{n}") };
        flow = flow with
        {
            Steps = new Dictionary<string, FlowStep>
            {
                ["queue"] = queue, ["ring"] = new FlowStep.Ring(new AgentChoice(null, [agent.Id])),
            },
        };
        var saved = (await _bench.Flows.CreateAsync(flow, "test", None)).Value!;
        IReadOnlyList<string> users = [$"flow: {flow.Id}"];
        Assert.Equal(users, (await _bench.Agents.DeleteAsync(agent.Id, 1, "test", None)).Problems);
        Assert.Equal(users, (await _bench.Groups.DeleteAsync(group.Id, 1, "test", None)).Problems);
        Assert.Equal(users, (await _bench.Audio.DeleteAsync(music.Name, "en", 1, "test", None)).Problems);
        Assert.Equal(StoreRefusal.InUse, (await _bench.Audio.DeleteAsync(place.Name, "en", 1, "test", None)).Refusal);

        var before = await _bench.Routes.FindAsync(None);
        var routes = (await _bench.Routes.ReplaceAsync([new FlowRouteDocument(1, flow.Id)], before.Version, "test", None)).Value!;
        Assert.Equal(["routes[0]: names the flow."], (await _bench.Flows.DeleteAsync(flow.Id, 1, "test", None)).Problems);
        await _bench.Routes.ReplaceAsync([], routes.Version, "test", None);
        Assert.NotNull((await _bench.Flows.DeleteAsync(flow.Id, saved.Flow.Version, "test", None)).Value);
        Assert.NotNull((await _bench.Audio.DeleteAsync(music.Name, "en", 1, "test", None)).Value);
        Assert.NotNull((await _bench.Agents.DeleteAsync(agent.Id, 1, "test", None)).Value);
    }

    [Fact]
    public async Task Rules_name_flows_and_channels_that_are_there_and_have_values_that_can_fit()
    {
        var before = await _bench.Routes.FindAsync(None);
        FlowRouteDocument[] wrong =
        [
            new(-1, new FlowId("none"), new ChannelId("nowhere"), new CallHoursDocument("Mars/Olympus", [new("monday", "0900", "1700")]),
                ["DEU"], ["+49"], [""], null, 0),
        ];
        var outcome = await _bench.Routes.ReplaceAsync(wrong, before.Version, "test", None);
        Assert.Equal(StoreRefusal.InvalidFlowRoutes, outcome.Refusal);
        string[] members = ["place", "flow", "channel", "weight", "hours.timeZone", "countries", "prefixes", "payloads"];
        Assert.Equal(members.Select(member => "routes[0]." + member), outcome.Problems.Select(problem => problem.Split(':')[0]));
        Assert.Equal(before.Version, (await _bench.Routes.FindAsync(None)).Version);
        Assert.Equal(StoreRefusal.StaleVersion, (await _bench.Routes.ReplaceAsync([], before.Version + 1, "test", None)).Refusal);
    }

    [Fact]
    public async Task Samples_come_back_as_uploaded_by_language_and_rate()
    {
        var file = await _bench.AddAudioAsync("hello");
        Assert.Equal((1, 1, 99), (file.Version, file.DurationMs, file.Size));
        var audio = new AudioStore(_worker);
        Assert.Equal([1, -2, 3, -4, 5, -6, 7, -8], (await audio.SamplesAsync(file.Name, "en", 8000, None))!);
        Assert.Equal(16, (await audio.SamplesAsync(file.Name, "en", 16000, None))!.Length);
        Assert.Null(await audio.SamplesAsync(file.Name, "de", 8000, None));
        var upload = new AudioUpload(file.Name, "en", new short[8000], new short[16000], 5, [.. Enumerable.Repeat((byte)7, 32)]);
        Assert.Equal(StoreRefusal.StaleVersion, (await _bench.Audio.SaveAsync(upload, 0, "test", None)).Refusal);
        var replaced = (await _bench.Audio.SaveAsync(upload, 1, "test", None)).Value!;
        Assert.Equal((2, 1000), (replaced.Version, replaced.DurationMs));
        Assert.StartsWith("0707", replaced.Checksum);
    }

    [Fact]
    public async Task Of_a_registered_phones_password_hashes_alone_are_kept_and_only_as_long_as_the_phone_is_its_agents()
    {
        await _bench.AddAgentAsync("anna");
        var (id, user) = (_bench.AgentId("anna"), _bench.Name("web-anna"));
        var refused = await _bench.Agents.SetPhoneSecretAsync(id, "other", "phones.example", "open-sesame", "test", None);
        Assert.Equal(StoreRefusal.NotFound, refused.Refusal);
        Assert.NotNull((await _bench.Agents.SetPhoneSecretAsync(id, user, "phones.example", "first-word", "test", None)).Value);
        Assert.NotNull((await _bench.Agents.SetPhoneSecretAsync(id, user, "phones.example", "open-sesame", "test", None)).Value);

        var node = new AgentStore(_worker);
        var secret = PhoneSecret.Of(user, "phones.example", "open-sesame");
        Assert.Equal(secret, await node.FindPhoneSecretAsync(user, "phones.example", None));
        Assert.Null(await node.FindPhoneSecretAsync(user, "other.example", None));
        var kept = await new DirectoryBench(_owner).QueryAsync<string>(
            "SELECT s::text || (SELECT string_agg(a::text, '') FROM audit_entries a WHERE a.subject = 'agent:' || s.agent) "
            + "FROM phone_secrets s WHERE registered_user = @user", new { user });
        Assert.Contains("agent.set_phone_secret", kept);
        Assert.DoesNotContain("sesame", kept);
        Assert.Equal(2, kept.Split(secret.Md5).Length); // not in the audit log

        var agent = (await _bench.Agents.ReplaceAsync(_bench.Agent("anna") with { Name = "Anna" }, 1, "test", None)).Value!;
        Assert.Equal(secret, await node.FindPhoneSecretAsync(user, "phones.example", None));
        await _bench.Agents.ReplaceAsync(agent with { Phones = [] }, agent.Version, "test", None);
        Assert.Null(await node.FindPhoneSecretAsync(user, "phones.example", None));
        await _bench.Agents.ReplaceAsync(agent, agent.Version + 1, "test", None);
        Assert.Null(await node.FindPhoneSecretAsync(user, "phones.example", None));
    }

    [Fact]
    public async Task Of_a_flow_that_begins_to_name_a_group_and_the_groups_deletion_one_loses()
    {
        await _bench.AddGroupAsync("sales");
        var flow = _bench.Flows.CreateAsync(_bench.QueueFlow("in", "sales"), "test", None);
        var gone = _bench.Groups.DeleteAsync(_bench.Group("sales"), 1, "test", None);
        await Task.WhenAll(flow, gone);
        Assert.True((await flow).Value is null ^ (await gone).Value is null, $"{(await flow).Refusal} {(await gone).Refusal}");
    }
}
