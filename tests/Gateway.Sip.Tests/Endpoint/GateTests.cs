using System.Net;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>A process that stood still, and may send nothing until it knows which calls it still has.</summary>
public sealed class GateTests
{
    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tcp)]
    public async Task What_a_closed_gate_kept_back_leaves_when_it_opens(SipTransport transport)
    {
        var gate = new SwitchedGate();
        await using var pbx = await EndpointBench.StartAsync(
            transport, trunks: EndpointBench.Trunk(9, transport));
        await using var gateway = await StartAsync(gate, transport, EndpointBench.PortOf(pbx));
        var (call, callee) = await TalkAsync(gateway, pbx);

        gate.IsOpen = false;
        await call.HangUpAsync();
        Assert.True(call.IsOver);
        Assert.False(call.Settled.IsCompleted);
        Assert.False(callee.Events.TryRead(out var happened), $"the callee heard {happened}");
        gate.IsOpen = true;
        await EndpointBench.NextAsync<SipCallEvent.Ended>(callee);
        await EndpointBench.SettledAsync(call);
    }

    [Fact]
    public async Task A_phone_that_answers_while_its_cancel_is_kept_back_is_busy_until_it_has_the_bye()
    {
        var gate = new SwitchedGate();
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        await using var gateway = await StartAsync(gate, SipTransport.Udp, EndpointBench.PortOf(pbx));
        var (call, phone) = await RingAsync(gateway, pbx);

        gate.IsOpen = false;
        await call.HangUpAsync();
        await phone.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Failed>(call);
        Assert.False(call.Settled.IsCompleted);
        gate.IsOpen = true;
        await EndpointBench.SettledAsync(call);
        Assert.True(phone.IsOver);
    }

    [Fact]
    public async Task A_phone_that_is_cancelled_in_time_is_free_at_once()
    {
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        await using var gateway = await StartAsync(new SwitchedGate(), SipTransport.Udp, EndpointBench.PortOf(pbx));
        var (call, phone) = await RingAsync(gateway, pbx);
        await call.HangUpAsync();
        await EndpointBench.SettledAsync(call);
        Assert.True(phone.IsOver);
    }

    [Fact]
    public async Task A_phone_that_rings_for_a_call_of_anothers_is_cancelled_all_the_same()
    {
        var gate = new SwitchedGate();
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        await using var gateway = await StartAsync(gate, SipTransport.Udp, EndpointBench.PortOf(pbx));
        var (call, phone) = await RingAsync(gateway, pbx);
        gate.IsOpen = false;
        await call.AbandonAsync();
        gate.IsOpen = true;
        await EndpointBench.NextAsync<SipCallEvent.Ended>(phone);
        await EndpointBench.SettledAsync(call);
    }

    [Fact]
    public async Task What_was_to_be_said_about_a_call_that_is_anothers_never_leaves()
    {
        var gate = new SwitchedGate();
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        await using var gateway = await StartAsync(gate, SipTransport.Udp, EndpointBench.PortOf(pbx));
        var (call, callee) = await TalkAsync(gateway, pbx);

        gate.IsOpen = false;
        await call.HangUpAsync();
        await call.AbandonAsync();
        gate.IsOpen = true;
        await EndpointBench.SettledAsync(call);
        await TalkAsync(gateway, pbx); // whatever left before this has come
        Assert.False(callee.Events.TryRead(out var happened), $"the callee heard {happened}");
    }

    [Fact]
    public async Task Nobody_waits_for_an_endpoint_that_has_stopped()
    {
        var gate = new SwitchedGate();
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        var gateway = await StartAsync(gate, SipTransport.Udp, EndpointBench.PortOf(pbx));
        var (call, _) = await TalkAsync(gateway, pbx);
        gate.IsOpen = false;
        await call.HangUpAsync();
        Assert.False(call.Settled.IsCompleted);
        await gateway.DisposeAsync();
        await EndpointBench.SettledAsync(call);
    }

    private static async Task<SipEndpoint> StartAsync(SwitchedGate gate, SipTransport transport, int port)
    {
        var gateway = EndpointBench.Create(
            EndpointBench.Options(
                [new SipListenerOptions { Transport = transport, Bind = new IPEndPoint(IPAddress.Loopback, 0) }], null, null,
                [EndpointBench.Trunk(port, transport)]),
            gate);
        await gateway.StartAsync(CancellationToken.None);
        return gateway;
    }

    private static async Task<(SipCall Call, SipCall Callee)> TalkAsync(SipEndpoint gateway, SipEndpoint pbx)
    {
        var call = gateway.Invite(EndpointBench.Call());
        var callee = await EndpointBench.IncomingAsync(pbx);
        await callee.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(callee);
        return (call, callee);
    }

    private static async Task<(SipCall Call, SipCall Phone)> RingAsync(SipEndpoint gateway, SipEndpoint pbx)
    {
        var call = gateway.Invite(EndpointBench.Call());
        var phone = await EndpointBench.IncomingAsync(pbx);
        await phone.ProvisionalAsync(180);
        await EndpointBench.NextAsync<SipCallEvent.Provisional>(call);
        return (call, phone);
    }
}
