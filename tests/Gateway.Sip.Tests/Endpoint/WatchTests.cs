using System.Text;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Subscriptions;
using Gateway.Sip.Tests.Subscriptions;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>Watched extensions and texts over sockets.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly RawPeer _pbx = new();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(20));

    [Fact]
    public async Task A_watch_reads_states_until_it_is_disposed_which_unsubscribes()
    {
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(_pbx.Port));
        var watch = gateway.Watch("pbx", "101");
        var subscribe = await SubscribedAsync();
        Notify(gateway, subscribe, WatchBench.Full(0), 1);
        Assert.Equal(ExtensionState.Idle, await watch.States.ReadAsync(_end.Token));
        Notify(gateway, subscribe, WatchBench.Full(1, WatchBench.Dialog("a", "confirmed")), 2);
        Assert.Equal(ExtensionState.Busy, await watch.States.ReadAsync(_end.Token));
        Assert.Equal(ExtensionState.Busy, watch.State);

        watch.Dispose();
        watch.Dispose();
        var last = await _pbx.RequestAsync("SUBSCRIBE");
        Assert.Equal("0", last.Headers["Expires"]);
        _pbx.Respond(last, 200, ("Expires", "0"));
        Assert.False(await watch.States.WaitToReadAsync(_end.Token));
    }

    [Fact]
    public async Task A_stop_unsubscribes_and_ends_every_watch()
    {
        var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(_pbx.Port));
        var watch = gateway.Watch("pbx", "101");
        Notify(gateway, await SubscribedAsync(), WatchBench.Full(0), 1);
        await watch.States.ReadAsync(_end.Token);
        var stopped = gateway.DisposeAsync();
        var last = await _pbx.RequestAsync("SUBSCRIBE");
        Assert.Equal("0", last.Headers["Expires"]);
        _pbx.Respond(last, 200, ("Expires", "0"));
        await stopped;
        await watch.States.Completion.WaitAsync(_end.Token);
        Assert.Equal(ExtensionState.Unknown, watch.State);
        await gateway.Watch("pbx", "101").States.Completion.WaitAsync(_end.Token);
    }

    [Fact]
    public async Task A_watch_of_an_unknown_trunk_is_over_at_once()
    {
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(_pbx.Port));
        await gateway.Watch("other", "101").States.Completion.WaitAsync(_end.Token);
    }

    [Fact]
    public async Task A_text_is_answered_with_the_status_of_the_PBX()
    {
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(_pbx.Port));
        var sent = gateway.SendMessageAsync("pbx", "201", "A call waits");
        var request = await _pbx.RequestAsync("MESSAGE");
        Assert.Equal("A call waits", Encoding.UTF8.GetString(request.Body.Span));
        _pbx.Respond(request, 480);
        Assert.Equal(480, await sent.WaitAsync(_end.Token));
        Assert.Equal(404, await gateway.SendMessageAsync("other", "201", "A call waits"));
        var lost = gateway.SendMessageAsync("pbx", "201", "A call waits");
        await _pbx.RequestAsync("MESSAGE");
        await gateway.DisposeAsync();
        Assert.Equal(503, await lost.WaitAsync(_end.Token));
    }

    public void Dispose()
    {
        _pbx.Dispose();
        _end.Dispose();
    }

    private async Task<SipRequest> SubscribedAsync()
    {
        var subscribe = await _pbx.RequestAsync("SUBSCRIBE");
        _pbx.Respond(subscribe, 200, ("Expires", "300"), ("Contact", $"<sip:101@127.0.0.1:{_pbx.Port}>"));
        return subscribe;
    }

    private void Notify(SipEndpoint gateway, SipRequest subscribe, string body, int number) => _pbx.Send(
        EndpointBench.PortOf(gateway),
        $"""
        NOTIFY sip:127.0.0.1:{EndpointBench.PortOf(gateway)} SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:{_pbx.Port};branch=z9hG4bKn{number}
        Max-Forwards: 70
        From: {subscribe.To};tag=peer
        To: {subscribe.From}
        Call-ID: {subscribe.CallId}
        CSeq: {number} NOTIFY
        Contact: <sip:101@127.0.0.1:{_pbx.Port}>
        Event: dialog
        Subscription-State: active;expires=300
        Content-Type: application/dialog-info+xml
        Content-Length: {body.ReplaceLineEndings("\r\n").Length}

        {body}
        """);
}
