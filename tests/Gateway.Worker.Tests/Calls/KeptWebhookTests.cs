using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Calls;

/// <summary>What a webhook reported outlives the process that answered it with 200.</summary>
public sealed class KeptWebhookTests
{
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

    [Fact]
    public async Task An_offer_that_a_dead_node_was_handed_is_rung_by_a_survivor()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CallBench.StartAsync(stores);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var handed = new TaskCompletionSource();
        await using var door = await WebhookDoor.OpenAsync(async (_, webhook) =>
        {
            Assert.True(WebhookReader.TryRead(webhook.Body, out var batch, out var error), $"{error}");
            var forwarded = new ForwardedEvent(Assert.Single(batch.Events), 1);
            Assert.True(await new NodeInbox(redis).TryAddAsync("gone", forwarded.ToJson(), DateTimeOffset.UtcNow));
            handed.SetResult();
            return 200;
        });
        bench.Relay.Pick = label => label == "connect" ? [door.Url] : bench.Relay.Targets;
        var call = await bench.WhatsApp.PlaceAsync();
        await handed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await new NodeLeases(redis).BeatAsync(new LeasedNode("gone", "1"), TimeSpan.FromMilliseconds(1), hasRoom: false);
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await Eventually.SeeAsync(() => new NodeInbox(redis).ReadAsync("gone"), left => left.Count == 0, "nothing is left for it");
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
    }

    /// <summary>Waits until a webhook of the call was answered so.</summary>
    private static Task AnsweredAsync(SandboxCall call, string status) => Eventually.SeeAsync(
        () => Task.FromResult(
            call.Timeline().Where(entry => entry is { Kind: "webhook", What: "connect" }).Select(entry => entry.Detail).ToArray()),
        answers => answers.Any(answer => answer.StartsWith(status, StringComparison.Ordinal)), $"a connect answered with {status}",
        answers => string.Join("; ", answers));
}
