using System.Threading.Channels;

namespace Gateway.Sip;

/// <summary>
/// One INVITE usage in either direction, from its first message to its last; survives forks, re-INVITE, UPDATE and session timers.
/// Thread-safe: every method hands its request to the endpoint's loop and completes when the loop has acted on it, not when the peer
/// has answered. Requests that do not fit the call's state (an answer to a call that was cancelled) are ignored: <see cref="Events"/> tells why.
/// </summary>
public sealed class SipCall
{
    /// <summary>How many unread events a call may have before it is ended.</summary>
    private const int EventCapacity = 64;

    private readonly Channel<SipCallEvent> _events = Channel.CreateBounded<SipCallEvent>(EventCapacity);

    internal SipCall(SipCallInfo info) => Info = info;

    public SipCallInfo Info { get; }

    /// <summary>What happens on this call; completes after <see cref="SipCallEvent.Failed"/> or <see cref="SipCallEvent.Ended"/>.</summary>
    public ChannelReader<SipCallEvent> Events => _events.Reader;

    /// <summary>
    /// Sends 101…199 on an incoming call; reliably (RFC 3262) when the caller requires it, or when it supports it and there is SDP.
    /// </summary>
    /// <param name="status">180, 183 …</param>
    /// <param name="sdp">Early answer, or our offer when the INVITE had none (then <see cref="SipCallEvent.AnswerReceived"/> follows).</param>
    public Task ProvisionalAsync(int status, string? sdp = null) => Post((status, sdp));

    /// <summary>Sends 200 on an incoming call with our answer, or our offer when the INVITE had none (the answer comes as <see cref="SipCallEvent.AnswerReceived"/>).</summary>
    public Task AnswerAsync(string sdp) => Post(sdp);

    /// <summary>Sends a final 300…699 on an incoming call.</summary>
    public Task RejectAsync(
        int status, string? reasonPhrase = null, SipReason? reason = null, IReadOnlyList<(string Name, string Value)>? headers = null) =>
        Post((status, reasonPhrase, reason, headers));

    /// <summary>
    /// Our SDP in reply to theirs: the answer to <see cref="SipCallEvent.OfferReceived"/>, or to an offer in a response to our INVITE
    /// (then it travels in PRACK or ACK); our offer when they asked for one.
    /// </summary>
    public Task AcceptOfferAsync(string sdp) => Post(sdp);

    /// <summary>Refuses the peer's renegotiation; 488 unless there is a better word. The session goes on as it was.</summary>
    public Task RejectOfferAsync(int status = 488) => Post(status);

    /// <summary>Renegotiates an established call with a re-INVITE; <see cref="SipCallEvent.AnswerReceived"/> or <see cref="SipCallEvent.OfferRefused"/> follows.</summary>
    public Task OfferAsync(string sdp) => Post(sdp);

    /// <summary>Sends a key press in INFO, in the form the trunk's profile names.</summary>
    public Task SendDigitAsync(char digit, TimeSpan duration) => Post((digit, duration));

    /// <summary>Tells the peer how its transfer goes (NOTIFY with message/sipfrag); a final status ends the subscription.</summary>
    public Task NotifyTransferAsync(int status, string reasonPhrase) => Post((status, reasonPhrase));

    /// <summary>
    /// Ends the call by whatever its state needs: CANCEL, BYE or a final response. Idempotent; <see cref="SipCallEvent.Ended"/> or
    /// <see cref="SipCallEvent.Failed"/> follows. <paramref name="headers"/> go with the message.
    /// </summary>
    public Task HangUpAsync(SipReason? reason = null, IReadOnlyList<(string Name, string Value)>? headers = null) => Post((reason, headers));

    private Task Post(object request) => throw new NotSupportedException(Info.CallId + request);
}
