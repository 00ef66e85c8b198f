using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Calls;

/// <summary>What a webhook reported outlives the process that answered it with 200.</summary>
public sealed class KeptWebhookTests
{
    private static readonly CallId OfGone = new("of a process that is gone");

    [Fact]
    public async Task An_offer_is_answered_with_200_once_its_call_has_a_row()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        for (var i = 0; i < 5; i++)
        {
            var call = await bench.WhatsApp.PlaceAsync();
            await AnsweredAsync(call, "200");
            Assert.Single(await bench.Gateway.RowsAsync(call.User.Phone));
            await bench.Pbx.NextAsync();
            await bench.WhatsApp.HangUpAsync(call);
            await bench.EndsAsync(call, HangupCause.CallerGaveUp);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)] // nobody can say whether the claimed call has a row
    [InlineData(true, false, true)] // the call is taken over first, and cannot be continued
    public async Task An_offer_that_a_dead_node_was_handed_is_rung_by_a_survivor(
        bool isClaimed, bool isPostgresAway, bool isShown = false)
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var handed = new TaskCompletionSource();
        await using var door = await WebhookDoor.OpenAsync(async (_, webhook) =>
        {
            Assert.True(WebhookReader.TryRead(webhook.Body, out var batch, out var error), $"{error}");
            var forwarded = new ForwardedEvent(Assert.Single(batch.Events), 1);
            if (isClaimed)
                await ClaimForGoneAsync(redis, forwarded.Event);
            if (isShown)
                await ShowForGoneAsync(redis, forwarded.Event);
            Assert.True(await new NodeInbox(redis).TryAddAsync("gone", forwarded.ToJson(), DateTimeOffset.UtcNow));
            handed.SetResult();
            return 200;
        });
        bench.Relay.Pick = label => label == "connect" ? [door.Url] : bench.Relay.Targets;
        var call = await bench.WhatsApp.PlaceAsync();
        await handed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        if (isPostgresAway)
            stores.Freeze(StoreServer.Postgres);
        await new NodeLeases(redis).BeatAsync(new LeasedNode("gone", "1"), TimeSpan.FromMilliseconds(1), hasRoom: false);
        if (isPostgresAway)
        {
            await Eventually.SeeAsync(
                () => bench.Gateway.MetricAsync("gateway_calls_webhook_events_total", "outcome=\"duplicate\""), count => count > 0,
                "the offer was found taken");
            stores.Thaw(StoreServer.Postgres);
        }
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await Eventually.SeeAsync(() => new NodeInbox(redis).ReadAsync("gone"), left => left.Count == 0, "nothing is left for it");
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
    }

    [Fact]
    public async Task An_offer_whose_node_died_before_its_answer_is_rung_where_Meta_repeats_it()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        await using var door = await WebhookDoor.OpenAsync(async (_, webhook) =>
        {
            Assert.True(WebhookReader.TryRead(webhook.Body, out var batch, out var error), $"{error}");
            await ClaimForGoneAsync(redis, Assert.Single(batch.Events));
            return 502;
        });
        var isFirst = true;
        bench.Relay.Pick = label =>
        {
            var isToDoor = isFirst && label == "connect";
            isFirst &= !isToDoor;
            return isToDoor ? [door.Url] : bench.Relay.Targets;
        };
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await bench.Relay.RepeatAsync("connect", call.Id); // and now it is known
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        Assert.False(bench.Pbx.HasUnexpectedCall);
    }

    /// <summary>Such as one that waited for a process that stood still. Meta sends it again, and that may be to another node.</summary>
    [Fact]
    public async Task An_offer_that_nobody_waits_for_any_more_begins_no_call_while_Redis_is_away()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        var (attempts, isAway) = (0, true);
        await using var door = await WebhookDoor.OpenAsync(
            async (door, webhook) =>
            {
                try
                {
                    return isAway && ++attempts > 1 ? 503 : await door.PassAsync(bench.Gateway.WebhookUrl, webhook);
                }
                catch (OperationCanceledException)
                {
                    return 504;
                }
            },
            TimeSpan.FromMilliseconds(100));
        bench.Relay.Pick = label => label == "connect" ? [door.Url] : bench.Relay.Targets;
        var before = await AbandonedAsync();
        stores.Freeze(StoreServer.Redis);
        var call = await bench.WhatsApp.PlaceAsync();
        await Eventually.SeeAsync(AbandonedAsync, count => count > before, "the offer is given up");
        Assert.Empty(await bench.Gateway.RowsAsync(call.User.Phone));
        stores.Thaw(StoreServer.Redis);
        isAway = false;
        await bench.Pbx.NextAsync(); // it is sent again
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);

        Task<double> AbandonedAsync() => bench.Gateway.MetricAsync("gateway_calls_webhook_events_total", "outcome=\"abandoned\"");
    }

    [Fact]
    public async Task An_offer_whose_call_has_a_row_is_rung_by_nobody_again()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var call = await bench.WhatsApp.PlaceAsync();
        await bench.Pbx.NextAsync();
        var registry = new RedisCallRegistry(redis, "gone");
        var id = (await registry.FindHolderAsync(new WhatsAppCallId(call.Id), null, CancellationToken.None))!.Call!.Value;
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);
        var again = new WhatsAppCallId(call.Id + "again");
        await registry.ClaimAsync(again, id, CancellationToken.None);
        bench.Relay.Bend = (_, value) => value["calls"]![0]!["id"] = again.Value;
        Assert.Equal(200, await bench.Relay.RepeatBentAsync("connect", call.Id));
        Assert.False(bench.Pbx.HasUnexpectedCall);
        Assert.Single(await bench.Gateway.RowsAsync(call.User.Phone));
    }

    [Fact]
    public async Task An_offer_that_the_node_it_was_handed_to_does_not_take_is_asked_for_again()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        await new NodeLeases(redis).BeatAsync(new LeasedNode("deaf", "1"), TimeSpan.FromMinutes(1), hasRoom: true);
        var capacity = bench.Gateway.Service<NodeCapacity>();
        capacity.IsDraining = true;
        var call = await bench.WhatsApp.PlaceAsync();
        await AnsweredAsync(call, "503");
        Assert.NotEmpty(await new NodeInbox(redis).ReadAsync("deaf"));
        capacity.IsDraining = false;
        await bench.Pbx.NextAsync();
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task A_node_without_room_refuses_no_offer_of_which_Redis_cannot_say_whose_it_is()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        var capacity = bench.Gateway.Service<NodeCapacity>();
        capacity.IsDraining = true;
        stores.Freeze(StoreServer.Redis);
        var call = await bench.WhatsApp.PlaceAsync();
        await AnsweredAsync(call, "503");
        Assert.Empty(await bench.Gateway.RowsAsync(call.User.Phone));
        capacity.IsDraining = false;
        stores.Thaw(StoreServer.Redis);
        await bench.Pbx.NextAsync(); // it is sent again
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    /// <summary>PostgreSQL knows whose the call is.</summary>
    [Fact]
    public async Task An_offer_that_another_node_has_begun_is_rung_once_where_Redis_has_forgotten_it()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores, gateways: 2);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis + ",allowAdmin=true");
        var (first, second) = (bench.Gateways[0].WebhookUrl, bench.Gateways[1].WebhookUrl);
        bench.Relay.Pick = label => [label == "connect" ? first : second];
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await redis.GetServers()[0].FlushAllDatabasesAsync();
        bench.Relay.Targets.Remove(first);
        Assert.Equal(200, await bench.Relay.RepeatAsync("connect", call.Id));
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await bench.WhatsApp.HangUpAsync(call); // which the second hears, and hands to the first
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
    }

    private static async Task ClaimForGoneAsync(IConnectionMultiplexer redis, WebhookEvent offer)
    {
        var id = new WhatsAppCallId(Assert.IsType<WebhookEvent.CallConnect>(offer).CallId);
        await new RedisCallRegistry(redis, "gone").ClaimAsync(id, OfGone, CancellationToken.None);
    }

    /// <summary>It rang there, and PostgreSQL had not taken its row.</summary>
    private static async Task ShowForGoneAsync(IConnectionMultiplexer redis, WebhookEvent offer)
    {
        var connect = Assert.IsType<WebhookEvent.CallConnect>(offer);
        var shown = new LiveCall(
            OfGone, new WhatsAppCallId(connect.CallId), CallDirection.Inbound, new ChannelId(connect.Number.PhoneNumberId!),
            connect.User.ToString(), Trunk: null, Agent: null, Gateway.Calls.Lifecycle.CallState.RingingPbx, DateTimeOffset.UtcNow,
            AnsweredAt: null, "gone");
        Assert.True(await new RedisCallRegistry(redis, "gone").PublishAsync(shown, CancellationToken.None));
    }

    /// <summary>Waits until a webhook of the call was answered so.</summary>
    private static Task AnsweredAsync(SandboxCall call, string status) => Eventually.SeeAsync(
        () => Task.FromResult(
            call.Timeline().Where(entry => entry is { Kind: "webhook", What: "connect" }).Select(entry => entry.Detail).ToArray()),
        answers => answers.Any(answer => answer.StartsWith(status, StringComparison.Ordinal)), $"a connect answered with {status}",
        answers => string.Join("; ", answers));
}
