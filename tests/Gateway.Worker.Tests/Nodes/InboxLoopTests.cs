using Gateway.Calls;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.Nodes;

/// <summary>What other nodes hand to a node stays in its inbox until it outlives the process.</summary>
[Collection(StoresCollection.Name)]
public sealed class InboxLoopTests(Stores stores)
{
    [Fact]
    public async Task An_event_is_handled_once_and_removed_once_it_is_kept()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var (inbox, node) = (new NodeInbox(redis), "n" + Guid.NewGuid().ToString("n"));
        var (handled, kept, stop) = (new List<string>(), new TaskCompletionSource(), new CancellationTokenSource());
        var loop = new InboxLoop(Options(node), inbox, TimeProvider.System, NullLogger<InboxLoop>.Instance);
        var running = loop.RunAsync(
            forwarded =>
            {
                var id = ((WebhookEvent.CallTerminate)forwarded.Event).CallId;
                handled.Add(id);
                return Task.FromResult(id == "slow" ? kept.Task : Task.CompletedTask);
            },
            stop.Token);
        foreach (var id in new[] { "slow", "first", "second" })
        {
            Assert.True(await inbox.TryAddAsync(node, Event(id), DateTimeOffset.UtcNow));
            var left = await Eventually.SeeAsync(
                () => inbox.ReadAsync(node), _ => handled.Contains(id), $"{id} is handled");
            Assert.Contains(left, entry => entry.Text.Contains("slow", StringComparison.Ordinal));
        }
        await Eventually.SeeAsync(() => inbox.ReadAsync(node), left => left.Count == 1, "what is kept is removed");
        kept.SetResult();
        await Eventually.SeeAsync(() => inbox.ReadAsync(node), left => left.Count == 0, "all is removed");
        await stop.CancelAsync();
        await running;
        Assert.Equal(["slow", "first", "second"], handled);
    }

    [Fact]
    public async Task A_node_that_stops_waits_until_what_it_was_handed_is_kept()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var (inbox, node) = (new NodeInbox(redis), "n" + Guid.NewGuid().ToString("n"));
        var (handled, kept) = (new TaskCompletionSource(), new TaskCompletionSource());
        var loop = new InboxLoop(Options(node), inbox, TimeProvider.System, NullLogger<InboxLoop>.Instance);
        Assert.True(await inbox.TryAddAsync(node, Event("slow"), DateTimeOffset.UtcNow));
        var running = loop.RunAsync(
            _ =>
            {
                handled.TrySetResult();
                return Task.FromResult<Task>(kept.Task);
            },
            new CancellationToken(canceled: true));
        await handled.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(running.IsCompleted);
        kept.SetResult();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(await inbox.ReadAsync(node));
    }

    private static string Event(string id) =>
        new ForwardedEvent(new WebhookEvent.CallTerminate(id, TerminateOutcome.Completed, new WhatsAppUser("447900000001")), 1).ToJson();

    private static GatewayOptions Options(string node) => new()
    {
        Node = new NodeOptions { Id = node },
        WhatsApp = new WhatsAppOptions { AppSecrets = [], VerifyToken = new Secret("v") },
        Sip = new SipOptions { Listen = [], Trunks = [] },
        Channels = [],
        Storage = new StorageOptions { Postgres = new Secret(""), Redis = new Secret("") },
    };
}
