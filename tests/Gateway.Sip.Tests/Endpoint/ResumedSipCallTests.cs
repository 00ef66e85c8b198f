using System.Net;
using System.Text.Json;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>Answered calls that one endpoint leaves and another goes on with, over sockets.</summary>
public class ResumedSipCallTests
{
    private const string Moved = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40008 RTP/AVP 0\r\n";

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tcp)]
    public async Task The_peer_follows_to_the_endpoint_that_offers_and_hangs_up_there(SipTransport transport)
    {
        await using var pbx = await EndpointBench.StartAsync(transport, trunks: EndpointBench.Trunk(9, transport));
        var trunk = EndpointBench.Trunk(EndpointBench.PortOf(pbx), transport);
        await using var first = await EndpointBench.StartAsync(transport, trunks: trunk);
        await using var next = await EndpointBench.StartAsync(transport, trunks: trunk);
        var call = first.Invite(EndpointBench.Call());
        var callee = await EndpointBench.IncomingAsync(pbx);
        await callee.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(callee);

        var stored = JsonSerializer.Serialize(await call.SaveAsync(), JsonSerializerOptions.Web);
        var resumed = next.Resume(JsonSerializer.Deserialize<SipSessionSnapshot>(stored, JsonSerializerOptions.Web)!)!;
        await resumed.OfferAsync(Moved);
        Assert.Equal(Moved, (await EndpointBench.NextAsync<SipCallEvent.OfferReceived>(callee)).Sdp);
        await callee.AcceptOfferAsync(EndpointBench.Answer);
        Assert.Equal(EndpointBench.Answer, (await EndpointBench.NextAsync<SipCallEvent.AnswerReceived>(resumed)).Sdp);
        Assert.Equal((1, call.Info.CallId), (next.ActiveCalls, resumed.Info.CallId));

        await callee.HangUpAsync(SipReason.Q850(16));
        Assert.Equal(
            new SipCallEvent.Ended(SipCallEnd.Remote, SipReason.Q850(16)), await EndpointBench.NextAsync<SipCallEvent.Ended>(resumed));
        Assert.False(call.Events.TryRead(out var heard), $"the endpoint that left it heard {heard}");
    }

    [Fact]
    public async Task A_snapshot_of_a_trunk_that_is_not_here_is_no_call()
    {
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        await using var first = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx)));
        var call = first.Invite(EndpointBench.Call());
        await (await EndpointBench.IncomingAsync(pbx)).AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        var saved = (await call.SaveAsync())!;
        await using var other = await EndpointBench.StartAsync(
            address: IPAddress.Loopback, trunks: EndpointBench.Trunk(9) with { Name = "other" });
        Assert.Null(other.Resume(saved));
    }
}
