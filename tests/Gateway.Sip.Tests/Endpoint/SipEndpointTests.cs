using System.Net;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Endpoint;

public class SipEndpointTests
{
    [Theory]
    [InlineData(SipTransport.Udp, "127.0.0.1")]
    [InlineData(SipTransport.Tcp, "127.0.0.1")]
    [InlineData(SipTransport.Udp, "::1")]
    [InlineData(SipTransport.Tcp, "::1")]
    public async Task A_call_between_two_endpoints_is_answered_and_hung_up(SipTransport transport, string host)
    {
        var address = IPAddress.Parse(host);
        await using var pbx = await EndpointBench.StartAsync(transport, address, trunks: EndpointBench.Trunk(9, transport, address));
        await using var gateway = await EndpointBench.StartAsync(
            transport, address, trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx), transport, address));

        var call = gateway.Invite(EndpointBench.Call());
        var callee = await EndpointBench.IncomingAsync(pbx);
        Assert.Equal(EndpointBench.Offer, callee.Info.Offer);
        await callee.ProvisionalAsync(180);
        Assert.Equal(180, (await EndpointBench.NextAsync<SipCallEvent.Provisional>(call)).Status);
        await callee.AnswerAsync(EndpointBench.Answer);
        Assert.Equal(EndpointBench.Answer, (await EndpointBench.NextAsync<SipCallEvent.Answered>(call)).Sdp);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(callee);
        Assert.Equal((1, 1), (gateway.ActiveCalls, pbx.ActiveCalls));

        await callee.HangUpAsync(SipReason.Q850(16));
        Assert.Equal(
            new SipCallEvent.Ended(SipCallEnd.Remote, SipReason.Q850(16)), await EndpointBench.NextAsync<SipCallEvent.Ended>(call));
        await EndpointBench.NextAsync<SipCallEvent.Ended>(callee);
        Assert.False(await call.Events.WaitToReadAsync());
    }
}
