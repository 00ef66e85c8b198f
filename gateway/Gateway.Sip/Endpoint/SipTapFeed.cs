using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Endpoint;

/// <summary>Hands an endpoint's messages to its tap.</summary>
internal sealed class SipTapFeed(ISipTap tap, LocalAddresses local)
{
    public ISipTap Tap => tap;

    /// <summary>Before anything handles it: what does may change it.</summary>
    public void Received(SipMessage message, SipFlow flow)
    {
        if (tap.IsOn)
            tap.Handle(new SipTapMessage(message.CallId, false, flow, local[flow.Listener].Address, SipWriter.Write(message)));
    }

    public void Sent(in SipTransmit transmit)
    {
        if (tap.IsOn && SipCallPeek.CallIdOf(transmit.Bytes.Span) is { } callId)
            tap.Handle(new SipTapMessage(callId, true, transmit.Flow, local[transmit.Flow.Listener].Address, transmit.Bytes));
    }
}
