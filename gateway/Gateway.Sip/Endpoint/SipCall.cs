using System.Threading.Channels;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Endpoint;

/// <summary>
/// One INVITE usage in either direction, from its first message to its last; survives forks, re-INVITE, UPDATE and session timers.
/// Thread-safe: every method hands its request to the endpoint's loop and completes when the loop has acted on it, not when the peer has
/// answered. Requests that do not fit the call's state (an answer to a call that was cancelled) are ignored: <see cref="Events"/> reports
/// why.
/// </summary>
public sealed class SipCall
{
    /// <summary>The number of unread events that a call may have before it is ended.</summary>
    private const int EventCapacity = 64;

    private readonly Channel<SipCallEvent> _events = Channel.CreateBounded<SipCallEvent>(EventCapacity);
    private readonly InviteSession? _session;
    private readonly Func<Action<Instant>, Task>? _post;
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="session">What this is the handle of; it does not know.</param>
    /// <param name="post">Lets the endpoint's loop act on the session.</param>
    internal SipCall(InviteSession session, Func<Action<Instant>, Task> post) => (_session, _post, Info) = (session, post, session.Info);

    /// <summary>A call that never reaches the network.</summary>
    internal SipCall(SipCallInfo info) => Info = info;

    public SipCallInfo Info { get; }

    /// <summary>The address that a registered phone is reached at, or its proxy or its node; none on other trunks.</summary>
    public TransportAddress PhoneAddress => _session?.PhoneAddress ?? default;

    /// <summary>
    /// The call that this incoming INVITE replaces (RFC 3891), else null. Answering the new call hangs the replaced one up
    /// (<see cref="SipCallEvent.Ended"/> with <see cref="SipCallEnd.Replaced"/>).
    /// </summary>
    public SipCall? Replaces { get; internal init; }

    /// <summary>The events of this call; completes after <see cref="SipCallEvent.Failed"/> or <see cref="SipCallEvent.Ended"/>.</summary>
    public ChannelReader<SipCallEvent> Events => _events.Reader;

    /// <summary><see cref="SipCallEvent.Ended"/> or <see cref="SipCallEvent.Failed"/> has been decided, by either side.</summary>
    public bool IsOver => _session is null or { IsOver: true };

    /// <summary>
    /// Completes when the call is over for the peer too: its INVITE has a final response, and a BYE of ours an answer, or SIP waits for
    /// them no longer (64·T1, RFC 3261 §17.1). Later than the last event: a phone may answer while our CANCEL is on its way. At the latest
    /// when the endpoint stops.
    /// </summary>
    public Task Settled => _settled.Task;

    /// <summary>
    /// Sends 101…199 on an incoming call; reliably (RFC 3262) when the caller requires it, or when it supports it and there is SDP.
    /// </summary>
    /// <param name="status">180, 183 …</param>
    /// <param name="sdp">Early answer, or our offer when the INVITE had none (then <see cref="SipCallEvent.AnswerReceived"/>
    /// follows).</param>
    public Task ProvisionalAsync(int status, string? sdp = null) => Post((session, now) => session.Provisional(status, sdp, now));

    /// <summary>
    /// Sends 200 on an incoming call with our answer, or our offer when the INVITE had none (the answer comes as
    /// <see cref="SipCallEvent.AnswerReceived"/>).
    /// </summary>
    public Task AnswerAsync(string sdp) => Post((session, now) => session.Answer(sdp, now));

    /// <summary>Sends a final 300…699 on an incoming call; <see cref="SipCallEvent.Ended"/> follows.</summary>
    public Task RejectAsync(
        int status, string? reasonPhrase = null, SipReason? reason = null, IReadOnlyList<(string Name, string Value)>? headers = null) =>
        Post((session, now) => session.Reject(status, reasonPhrase, reason, headers, now));

    /// <summary>
    /// Our SDP in reply to theirs: the answer to <see cref="SipCallEvent.OfferReceived"/>, or to an offer in a response to our INVITE
    /// (then it travels in PRACK or ACK); our offer when they asked for one.
    /// </summary>
    public Task AcceptOfferAsync(string sdp) => Post((session, now) => session.AcceptOffer(sdp, now));

    /// <summary>
    /// Refuses the peer's renegotiation; 488 unless there is a better word. The session goes on as it was. Refusing the offer of a call
    /// that is only beginning ends it.
    /// </summary>
    /// <param name="status">300 to 699.</param>
    /// <param name="headers">Go with the response: a Warning that says what the offer lacked (RFC 3261 §20.43).</param>
    public Task RejectOfferAsync(int status = 488, IReadOnlyList<(string Name, string Value)>? headers = null) =>
        Post((session, now) => session.RejectOffer(status, now, headers));

    /// <summary>
    /// Offers a change of the answered call (re-INVITE, with our Contact as it is now); <see cref="SipCallEvent.AnswerReceived"/> or
    /// <see cref="SipCallEvent.OfferRefused"/> follows, or the call's end where the peer no longer knows it.
    /// </summary>
    public Task OfferAsync(string sdp) => Post((session, now) => session.Offer(sdp, now));

    /// <summary>The peer says that it takes INFO; false before it has said what it takes.</summary>
    public bool AllowsInfo => _session?.Dialog is { AllowsInfo: true };

    /// <summary>Sends a key press in INFO, in the form the trunk's profile names.</summary>
    public Task SendDigitAsync(char digit, TimeSpan duration) => Post((session, now) => session.SendDigit(digit, duration, now));

    /// <summary>
    /// The snapshot by which <see cref="SipEndpoint.EndDialogAsync"/> of another process can end this call; null while nothing but this
    /// process can.
    /// </summary>
    public async Task<SipDialogSnapshot?> SnapshotAsync()
    {
        SipDialogSnapshot? snapshot = null;
        await Post((session, _) => snapshot = session.Snapshot());
        return snapshot;
    }

    /// <summary>The snapshot from which <see cref="SipEndpoint.Resume"/> of another process goes on with this call; null while it is not
    /// answered, or when it is over.</summary>
    public async Task<SipSessionSnapshot?> SaveAsync()
    {
        SipSessionSnapshot? snapshot = null;
        await Post((session, _) => snapshot = session.Save());
        return snapshot;
    }

    /// <summary>Reports to the peer how its transfer goes (NOTIFY with message/sipfrag); a final status ends the subscription.</summary>
    public Task NotifyTransferAsync(int status, string reasonPhrase) =>
        Post((session, now) => session.NotifyTransfer(status, reasonPhrase, now));

    /// <summary>
    /// Ends the call by whatever its state needs: CANCEL, BYE or a final response. Idempotent; <see cref="SipCallEvent.Ended"/> or
    /// <see cref="SipCallEvent.Failed"/> follows at once, the rest of the exchange goes on behind. <paramref name="headers"/> go with the
    /// message.
    /// </summary>
    public Task HangUpAsync(SipReason? reason = null, IReadOnlyList<(string Name, string Value)>? headers = null) =>
        Post((session, now) => session.HangUp(reason, headers, SipCallEnd.Local, now));

    /// <summary>
    /// Forgets the call without a word to the peer: another process has its dialog. One that rings is cancelled. The last event follows.
    /// </summary>
    public Task AbandonAsync() => Post((session, now) => session.Abandon(now));

    /// <summary>On the loop. False: the owner does not read.</summary>
    internal bool TryDeliver(SipCallEvent callEvent)
    {
        var delivered = _events.Writer.TryWrite(callEvent);
        if (callEvent is SipCallEvent.Ended or SipCallEvent.Failed)
            _events.Writer.TryComplete();
        return delivered;
    }

    /// <summary>It never reached the network.</summary>
    internal void Fail(SipCallEvent.Failed failed)
    {
        TryDeliver(failed);
        Settle();
    }

    internal void Settle() => _settled.TrySetResult();

    private Task Post(Action<InviteSession, Instant> action) =>
        _session is { } session ? _post!(now => action(session, now)) : Task.CompletedTask;
}
