using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The state that the parts of one call share: its dialog, what both sides have described, how requests and responses leave, and the ways
/// out.
/// </summary>
public abstract class SessionCore : IClientTransactionUser
{
    private protected SessionCore(UserAgentCore context, Trunk trunk, SipCallInfo info, string localTag) =>
        (Context, Trunk, Info, LocalTag, Timer) = (context, trunk, info, localTag, new SessionTimer(Deadlines));

    public SipCallInfo Info { get; }

    /// <summary>The address that a registered phone is reached at, or its proxy or its node; none on other trunks.</summary>
    public TransportAddress PhoneAddress { get; private protected init; }

    /// <summary>Our tag: with the Call-ID it names the call in whatever arrives.</summary>
    public string LocalTag { get; }

    /// <summary><see cref="SipCallEvent.Ended"/> or <see cref="SipCallEvent.Failed"/> was reported to the owner.</summary>
    public bool IsOver { get; private protected set; }

    internal UserAgentCore Context { get; }

    internal Trunk Trunk { get; }

    internal abstract bool IsConfirmed { get; }

    /// <summary>The BYEs of ours without a final response, which SIP still waits for.</summary>
    private protected int UnansweredByes { get; set; }

    /// <summary>The callee's from the start, the caller's from the 2xx.</summary>
    internal Dialog? Dialog { get; set; }

    /// <summary>The times at which the session and its parts want to be called.</summary>
    internal DeadlineTable<SessionDeadline> Deadlines { get; } = new();

    internal SessionTimer Timer { get; }

    /// <summary>The last descriptions of both sides; a repetition of them changes nothing.</summary>
    internal string? LocalSdp { get; set; }

    internal string? RemoteSdp { get; set; }

    /// <summary>Ends the call by whatever its state needs.</summary>
    public abstract void HangUp(SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers, SipCallEnd by, Instant now);

    internal abstract void Emit(SipCallEvent callEvent);

    /// <summary>Reports to the owner the last thing it will hear and begins to forget.</summary>
    internal abstract void Finish(SipCallEvent last, Instant now);

    /// <summary>Of a call that is over: something is still to be expected from the network; forget 64·T1 from now.</summary>
    internal abstract void Remember(Instant now);

    /// <summary>Call after anything that may have moved the deadline.</summary>
    internal abstract void Reschedule();

    /// <summary>The owner has answered an UPDATE of this fork's.</summary>
    internal abstract void ChangeEarly(Dialog dialog, string sdp);

    internal abstract void HandleResponse(ClientTransaction transaction, SipResponse response, Instant now);

    internal abstract void HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now);

    void IClientTransactionUser.HandleResponse(ClientTransaction transaction, SipResponse response, Instant now) =>
        HandleResponse(transaction, response, now);

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now) =>
        HandleFailure(transaction, failure, now);

    /// <summary>The peer no longer knows the dialog (RFC 3261 §12.2.1.2).</summary>
    internal void LoseDialog(Instant now) => HangUp(null, null, SipCallEnd.DialogLost, now);

    internal SipRequest CreateBye(Dialog dialog, SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers)
    {
        var bye = dialog.CreateRequest(SipMethod.Bye);
        Trunk.AddHeaders(bye, reason, headers);
        return bye;
    }

    /// <summary>Sends a request of <see cref="Dialog"/>.</summary>
    internal ClientTransaction Send(SipRequest request, Instant now) => Send(request, Dialog!, now);

    internal ClientTransaction Send(SipRequest request, Dialog dialog, Instant now)
    {
        if (request.Method == SipMethod.Bye)
            UnansweredByes++;
        Context.AddCommonHeaders(request);
        Trunk.AuthorizeAhead(request);
        return Context.Layer.Clients.Send(request, dialog.Flow, this, now, mayLeaveByTcp: Trunk.MayLeaveByTcp);
    }

    internal SipResponse Respond(
        ServerTransaction transaction, int status, Instant now, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var response = Context.CreateResponse(transaction.Request, status, LocalTag);
        foreach (var (name, value) in headers)
            response.Headers.Add(name, value);
        Context.Layer.Servers.Respond(transaction, response, now);
        return response;
    }

    /// <summary>Our Contact as the peer on <paramref name="flow"/> reaches it.</summary>
    internal string ContactFor(SipFlow flow) => Context.ContactFor(flow, Trunk.AccountContact ?? Info.ContactUser);
}
