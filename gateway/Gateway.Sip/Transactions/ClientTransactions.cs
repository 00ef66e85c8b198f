using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>The requests we sent, by id and by what their responses carry (RFC 3261 §17.1.3).</summary>
public sealed class ClientTransactions(TransactionContext context)
{
    private readonly Dictionary<long, ClientTransaction> _byId = [];
    private readonly Dictionary<(string Branch, SipMethod Method), ClientTransaction> _byBranch = [];
    private readonly DeadlineQueue<ClientTransaction> _deadlines = new();

    public int Count => _byId.Count;

    /// <summary>A request still waits for its final response.</summary>
    public bool AnyUnanswered => _byId.Values.Any(transaction =>
        transaction.Machine.State is TransactionState.Calling or TransactionState.Trying or TransactionState.Proceeding);

    public Instant NextDeadline => _deadlines.NextDeadline;

    /// <summary>
    /// Sends <paramref name="request"/> (any method but ACK and CANCEL) with a Via of its own; the request must not be sent again
    /// afterwards. What becomes of it is reported to <paramref name="user"/>, never before this returns. Longer than a datagram should be,
    /// it leaves by TCP if it may.
    /// </summary>
    public ClientTransaction Send(
        SipRequest request, SipFlow flow, IClientTransactionUser user, Instant now, TimeSpan? timeout = null, bool mayLeaveByTcp = true)
    {
        var branch = context.NewBranch();
        request.Headers.Prepend("Via", context.ViaFor(flow, branch));
        var bytes = SipWriter.Write(request);
        SipFlow? fallback = null;
        var isTooLong = bytes.Length > context.MaxDatagramBytes && !flow.IsReliable && mayLeaveByTcp;
        if (isTooLong && context.Local.Find(SipTransport.Tcp, flow.Remote) is >= 0 and var listener)
        {
            fallback = flow;
            flow = flow with { Transport = SipTransport.Tcp, Listener = listener, Connection = 0 };
            request.Headers.ReplaceFirst("Via", context.ViaFor(flow, branch));
            bytes = SipWriter.Write(request);
        }
        return Start(request, flow, branch, bytes, user, now, timeout, fallback);
    }

    /// <summary>Sends CANCEL for an INVITE that had a provisional response (RFC 3261 §9.1).</summary>
    public void Cancel(ClientTransaction invite, IEnumerable<SipHeader> headers, IClientTransactionUser user, Instant now)
    {
        var cancel = CopyOf(invite.Request, SipMethod.Cancel);
        foreach (var (name, value) in headers)
            cancel.Headers.Add(name, value);
        Start(cancel, invite.Flow, invite.Branch, SipWriter.Write(cancel), user, now, null, null);
    }

    /// <summary>False: no transaction waits for this response.</summary>
    public bool HandleResponse(SipResponse response, Instant now)
    {
        var via = response.TopVia;
        if (via.Branch is not { } branch || !_byBranch.TryGetValue((branch, response.CSeq.Method), out var transaction))
            return false;
        if (response.IsSuccess && transaction.Machine.State == TransactionState.Completed && transaction.Request.Method == SipMethod.Invite)
            return false; // a 2xx after a failure: the user agent ends that dialog itself
        var input = response.IsProvisional ? TransactionInput.Provisional
            : response.IsSuccess ? TransactionInput.Success : TransactionInput.Failure;
        Perform(transaction, transaction.Machine.Handle(input, now), response, now);
        return true;
    }

    /// <summary>False: no such transaction.</summary>
    public bool HandleTransportError(long id, Instant now, string? reason = null)
    {
        if (!_byId.TryGetValue(id, out var transaction))
            return false;
        transaction.FailureReason = reason;
        if (transaction.Fallback is { } flow && transaction.Machine.State is TransactionState.Calling or TransactionState.Trying)
            FallBack(transaction, flow, now);
        else
            Perform(transaction, transaction.Machine.Handle(TransactionInput.TransportError, now), null, now);
        return true;
    }

    /// <summary>Sends a request that has not left this process. Nothing where it is over.</summary>
    public void SendAgain(long id, Instant now)
    {
        if (_byId.TryGetValue(id, out var transaction))
            Perform(transaction, transaction.Machine.Handle(TransactionInput.RetransmitDue, now), null, now);
    }

    public void HandleDeadline(Instant now)
    {
        while (_deadlines.TryTakeDue(now, out var transaction))
            if (_byId.ContainsKey(transaction.Id)) // or it was forgotten
                Perform(transaction, transaction.Machine.HandleDeadline(now), null, now);
    }

    /// <summary>
    /// Ends a transaction whose result nobody wants any more: an INVITE that stayed without final response after CANCEL (RFC 3261 §9.1), or
    /// the BYE to a dialog that another process has. It is not sent again.
    /// </summary>
    public void Forget(ClientTransaction transaction)
    {
        _byId.Remove(transaction.Id);
        _byBranch.Remove((transaction.Branch, transaction.Request.Method));
    }

    private ClientTransaction Start(
        SipRequest request, SipFlow flow, string branch, byte[] bytes, IClientTransactionUser user, Instant now, TimeSpan? timeout,
        SipFlow? fallback)
    {
        var machine = CreateMachine(request.Method, flow, timeout);
        var transaction = new ClientTransaction(
            context.NextId(), branch, request, flow, machine, user, bytes) { Timeout = timeout, Fallback = fallback };
        _byId.Add(transaction.Id, transaction);
        _byBranch.Add((branch, request.Method), transaction);
        Perform(transaction, machine.Handle(TransactionInput.Start, now), null, now);
        return transaction;
    }

    private TransactionMachine CreateMachine(SipMethod method, SipFlow flow, TimeSpan? timeout)
    {
        var timers = timeout is null ? context.Timers : context.Timers with { RequestTimeout = timeout };
        return method == SipMethod.Invite
            ? new InviteClientTransaction(timers, flow.IsReliable)
            : new NonInviteClientTransaction(timers, flow.IsReliable);
    }

    private void Perform(ClientTransaction transaction, TransactionActions actions, SipResponse? response, Instant now)
    {
        if (actions.HasFlag(TransactionActions.Transmit))
            context.SendRequest(transaction.Flow, transaction.Bytes, transaction.Id);
        if (actions.HasFlag(TransactionActions.SendAck))
        {
            if (transaction.Ack.Length == 0)
                transaction.Ack = SipWriter.Write(AckTo(transaction.Request, response!));
            context.SendRequest(transaction.Flow, transaction.Ack, transaction.Id);
        }
        if (actions.HasFlag(TransactionActions.Forget))
            Forget(transaction);
        else
            _deadlines.Schedule(transaction);
        if (actions.HasFlag(TransactionActions.Deliver))
            transaction.User.HandleResponse(transaction, response!, now);
        if (actions.HasFlag(TransactionActions.ReportTimeout))
            transaction.User.HandleFailure(transaction, TransactionFailure.Timeout, now);
        if (actions.HasFlag(TransactionActions.ReportTransportError))
            transaction.User.HandleFailure(transaction, TransactionFailure.TransportError, now);
    }

    /// <summary>The same transaction once more over UDP: same branch and id, so its user notices nothing.</summary>
    private void FallBack(ClientTransaction transaction, SipFlow flow, Instant now)
    {
        Forget(transaction);
        var machine = CreateMachine(transaction.Request.Method, flow, transaction.Timeout);
        transaction.Request.Headers.ReplaceFirst("Via", context.ViaFor(flow, transaction.Branch));
        transaction.StartOver(flow, machine, SipWriter.Write(transaction.Request));
        _byId.Add(transaction.Id, transaction);
        _byBranch.Add((transaction.Branch, transaction.Request.Method), transaction);
        Perform(transaction, machine.Handle(TransactionInput.Start, now), null, now);
    }

    /// <summary>RFC 3261 §17.1.1.3: everything from the INVITE, To from the response.</summary>
    private static SipRequest AckTo(SipRequest invite, SipResponse response)
    {
        var ack = CopyOf(invite, SipMethod.Ack);
        ack.Headers["To"] = response.Headers["To"];
        return ack;
    }

    /// <summary>Copies the fields that CANCEL and the ACK to a failure share with their INVITE.</summary>
    private static SipRequest CopyOf(SipRequest invite, SipMethod method)
    {
        var copy = new SipRequest(method, invite.Uri);
        copy.Headers.Add("Via", invite.Headers["Via"]!);
        foreach (var name in (ReadOnlySpan<string>)["Route", "From", "To", "Call-ID"])
            copy.Headers.CopyFrom(invite.Headers, name);
        copy.Headers.Add("CSeq", new CSeq(invite.CSeq.Number, method).ToString());
        copy.Headers.Add("Max-Forwards", "70");
        return copy;
    }
}
