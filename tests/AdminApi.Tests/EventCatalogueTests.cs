using System.Text.Json;
using AdminApi.Tests.Kit;
using AdminApi.Tests.Operations;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Balances;
using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Calls.Quality;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.Storage.Events;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace AdminApi.Tests;

/// <summary>The document's `webhooks`: every kind of event, with data as the stores write it.</summary>
[Collection(ApiCollection.Name)]
public sealed class EventCatalogueTests(ApiFixture api)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private static readonly PermissionLimits Limits = new();

    private readonly string _channel = "c" + Guid.NewGuid().ToString("n"), _user = "4477" + Random.Shared.Next(10_000_000, 99_999_999);

    [Fact]
    public async Task Every_kind_of_event_is_one_of_the_documents_webhooks()
    {
        var document = await api.ReadAsync(api.Get("/openapi/v1.json"));
        Assert.Equal(
            EventKinds.Names.Order(), document.GetProperty("webhooks").EnumerateObject().Select(webhook => webhook.Name).Order());
        foreach (var webhook in document.GetProperty("webhooks").EnumerateObject())
        {
            Assert.NotEmpty(DataOf(webhook.Name, document).EnumerateObject());
            Assert.Contains("2XX", webhook.Value.GetProperty("post").GetProperty("responses").ToString());
        }
    }

    [Fact]
    public async Task What_the_stores_write_is_as_it_is_described()
    {
        await using var connection = await api.Database.OpenConnectionAsync();
        var before = await connection.ExecuteScalarAsync<long>("SELECT coalesce(max(id), 0) FROM events");
        await api.Get<ChannelStore>().SeedAsync([new(new ChannelId(_channel), "4930123456", "DE")], CancellationToken.None);
        await WriteCallsAsync();
        await WriteOfUsersAsync();
        await WriteOfChannelsAsync();
        var free = new AgentStatus(
            new AgentId("a" + _channel[..8]), AgentPresence.Available, null, AgentActivity.None, false, null, Now);
        await new AgentStateStore(api.Database).NoteAsync(
            [free, free with { Presence = AgentPresence.Away, Reason = "Lunch", Since = Now.AddSeconds(1) }], CancellationToken.None);
        await CentreSamples.VoicemailAsync(api);

        var document = await api.ReadAsync(api.Get("/openapi/v1.json"));
        var schemas = new SchemaCheck(document);
        var written = (await connection.QueryAsync<(string Kind, string Data)>(
            "SELECT DISTINCT ON (kind) kind, data::text FROM events WHERE id > @before ORDER BY kind, id DESC", new { before })).AsList();
        Assert.Empty(written.SelectMany(
            one => schemas.Faults(DataOf(one.Kind, document), JsonSerializer.Deserialize<JsonElement>(one.Data), one.Kind)));
        string[] elsewhere = // the same data as other kinds, by the same statements; call.ringing by the gateway alone
        [
            "call.ringing",
            "parked_call.done", "parked_call.expired", "parked_call.placed", "parked_call.refused", "parked_call.waiting_agent",
            "webhook.tested",
        ];
        Assert.Empty(EventKinds.Names.Except(written.Select(one => one.Kind)).Except(elsewhere));
    }

    private static JsonElement DataOf(string kind, JsonElement document)
    {
        var body = document.GetProperty("webhooks").GetProperty(kind).GetProperty("post").GetProperty("requestBody").GetProperty("content")
            .GetProperty("application/json").GetProperty("schema").GetProperty("properties");
        Assert.Equal(kind, body.GetProperty("type").GetProperty("enum")[0].GetString());
        var happened = Component(body.GetProperty("data"), document).GetProperty("allOf")[1].GetProperty("properties");
        return Component(happened.GetProperty("data"), document);
    }

    private static JsonElement Component(JsonElement reference, JsonElement document) => document.GetProperty("components")
        .GetProperty("schemas").GetProperty(reference.GetProperty("$ref").GetString()!.Split('/')[^1]);

    private async Task WriteCallsAsync()
    {
        var store = new PostgresCallStore(api.Database);
        var (call, start) = (Ended(), Now.AddMinutes(-5));
        var identity = new CallIdentity(call.Id, call.Direction, call.Channel, call.User, "n1");
        await store.BeginAsync(identity, start, CancellationToken.None);
        await new AgentCallStore(api.Database).QueuedAsync(
            new QueuedCall(call.Id, start, start.AddSeconds(1), new GroupId("sales"), new FlowId("inbound"), 1), CancellationToken.None);
        await store.AnsweredAsync([new CallAnswer(identity, start, start.AddSeconds(5), "21", "main", null)], CancellationToken.None);
        await store.SilentAsync(call.Id, start, Now, CallLeg.WhatsApp, CancellationToken.None);
        var sample = new LegSample("opus", 240, 0.1, 1, 12, null, 70, default, 2.2, null, null, IsSilent: false);
        await store.DegradedAsync(
            call.Id, start, Now, new Degradation(CallLeg.Pbx, QualityFault.Loss, SuspectedCause.PbxNetwork, sample),
            CancellationToken.None);
        await store.RecoveredAsync(
            call.Id, start, Now, new Recovery(CallLeg.Pbx, QualityFault.Loss, TimeSpan.FromSeconds(9), sample), CancellationToken.None);

        var account = await RatingSamples.AccountAsync(api, null);
        await api.ReadAsync(api.Post($"/v1/accounts/{account}/top-ups", new { amount = "10.01", currency = "USD" }));
        var rate = new Rate(1, "card", CallDirection.Inbound, "", "USD", 1m, 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);
        await store.CompleteAllAsync(
            [
                call with { Cause = HangupCause.BalanceExhausted, Funding = new Funding(account, "USD", rate, 0) },
                Ended() with
                {
                    AnsweredAt = null, Cause = HangupCause.NoAnswer, Flow = new FlowId("inbound"), Group = new GroupId("sales"),
                    WaitedFrom = start, AgentSince = null,
                },
                Ended() with { AnsweredAt = null, Direction = CallDirection.Outbound, Cause = HangupCause.BalanceTooLow },
                Ended() with { AnsweredAt = null, Direction = CallDirection.Outbound, Cause = HangupCause.IncompatibleMedia },
            ],
            CancellationToken.None);
    }

    private CallRecord Ended() => new()
    {
        Id = new CallId(Guid.NewGuid().ToString("n")),
        Direction = CallDirection.Inbound,
        Channel = new ChannelId(_channel),
        User = new WhatsAppUser(_user),
        StartedAt = Now.AddMinutes(-5),
        AnsweredAt = Now.AddMinutes(-4),
        EndedAt = Now,
        Agent = "21",
        AgentSince = Now.AddMinutes(-4),
        Cause = HangupCause.WhatsAppHungUp,
        Node = "n1",
    };

    private async Task WriteOfUsersAsync()
    {
        var (contacts, user) = (api.Get<ContactStore>(), new WhatsAppUser(_user));
        var start = Now.AddMinutes(-1); // what expires has, when the call is parked
        Task ApplyAsync(Func<ContactPermission, ContactPermission> transition, int seconds) => contacts.ApplyAsync(
            new ChannelId(_channel), user, start.AddSeconds(seconds), transition, null, CancellationToken.None);
        await ApplyAsync(permission => permission.WindowOpened(start, Limits), 0);
        await new PermissionRequestStore(api.Database, () => Limits).SentAsync(
            1_000_000_000, new PermissionAsk(new ChannelId(_channel), user, "key:1"), "wamid.1", start, CancellationToken.None);
        await ApplyAsync(permission => permission.Declined(start.AddSeconds(1)), 1);
        await ApplyAsync(
            permission => permission.Granted(start.AddSeconds(2), null, isPermanent: true, PermissionDecider.User, Limits), 2);
        await ApplyAsync(permission => permission.Revoked(start.AddSeconds(3), PermissionDecider.User), 3);
        await ApplyAsync(
            permission => permission.Granted(start.AddSeconds(4), start.AddSeconds(5), isPermanent: false, PermissionDecider.User, Limits),
            4);
        await contacts.AnnounceExpiredAsync(start.AddSeconds(6), CancellationToken.None);
        var parked = await api.ReadAsync(api.Post(
            "/v1/parked-calls",
            new { group = await CentreSamples.GroupAsync(api), user = "+" + _user, channel = _channel, ask = false, reference = "May" }));
        await api.ReadAsync(api.Delete($"/v1/parked-calls/{parked.GetProperty("id").GetString()}"));
    }

    private async Task WriteOfChannelsAsync()
    {
        await api.ReadAsync(api.Patch($"/v1/channels/{_channel}", new { name = "Support" }, 1));
        var restriction = new ChannelRestriction("RESTRICTED_BUSINESS_INITIATED_CALLING", null, Now, Now.AddDays(7));
        await new ChannelSyncStore(api.Database).RecordAsync(
            new ChannelId(_channel), new MetaSettings(), [new SettingDrift("status", "ENABLED", "DISABLED")], [restriction], pushed: null,
            Now, CancellationToken.None);
    }
}
