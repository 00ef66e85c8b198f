using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>The requests we received and what we said to them (RFC 3261 §17.2.3, §8.2.2.2).</summary>
public sealed class ServerTransactions(TransactionContext context, IServerTransactionUser user)
{
    private readonly Dictionary<long, ServerTransaction> _byId = [];
    private readonly Dictionary<ServerTransactionKey, ServerTransaction> _byKey = [];
    private readonly Dictionary<MergeKey, ServerTransactionKey> _merges = [];
    private readonly DeadlineQueue<ServerTransaction> _deadlines = new();
    private readonly int[] _used = new int[Enum.GetValues<TransactionShare>().Length];

    public int Count => _byId.Count;

    public Instant NextDeadline => _deadlines.NextDeadline;

    public void HandleRequest(SipRequest request, SipFlow flow, Instant now)
    {
        var via = request.TopVia.StampSource(flow.Remote);
        request.Headers.ReplaceFirst("Via", via.ToString());
        var isAck = request.Method == SipMethod.Ack;
        var key = KeyOf(request, via, isAck ? SipMethod.Invite : request.Method);
        if (_byKey.TryGetValue(key, out var known))
            Repeat(known, request, isAck, now);
        else if (isAck)
            user.HandleAck(request, now);
        else if (user.AnswerAtOnce(request, flow, now, out var share) is { } response)
            context.SendResponse(ResponseFlow(request.TopVia, flow), SipWriter.Write(response));
        else
            Begin(key, request, flow, share, now);
    }

    /// <summary>The INVITE that a CANCEL with the same branch is for (RFC 3261 §9.2).</summary>
    public ServerTransaction? FindInvite(SipRequest cancel)
    {
        var via = cancel.TopVia;
        return _byKey.GetValueOrDefault(KeyOf(cancel, via, SipMethod.Invite));
    }

    /// <summary>Sends a response of the transaction user. After a final response only a repeated 2xx to INVITE passes.</summary>
    public void Respond(ServerTransaction transaction, SipResponse response, Instant now)
    {
        var input = response.IsProvisional ? TransactionInput.Provisional
            : response.IsSuccess ? TransactionInput.Success : TransactionInput.Failure;
        var previous = transaction.LastResponse;
        transaction.LastResponse = SipWriter.Write(response);
        var actions = transaction.Machine.Handle(input, now);
        if (!actions.HasFlag(TransactionActions.Transmit))
            transaction.LastResponse = previous;
        Perform(transaction, actions, now);
    }

    /// <summary>Sends the last response once more: the transaction user's own retransmission of a 2xx or of a reliable 1xx.</summary>
    public void RespondAgain(ServerTransaction transaction) =>
        context.SendResponse(transaction.Flow, transaction.LastResponse, transaction.Id);

    /// <summary>Answers without keeping a transaction (RFC 3261 §8.2.7); an ACK is never answered.</summary>
    public void Refuse(SipRequest request, SipFlow flow, int status)
    {
        if (request.Method != SipMethod.Ack)
            context.SendResponse(
                ResponseFlow(request.TopVia, flow), SipWriter.Write(SipResponse.CreateFor(request, status, context.NewTag())));
    }

    /// <summary>Answers a request of which its user keeps no transaction; its top Via is stamped with the source already.</summary>
    public void Answer(SipRequest request, SipResponse response, SipFlow flow) =>
        context.SendResponse(ResponseFlow(request.TopVia, flow), SipWriter.Write(response));

    /// <summary>Answers a request that could not be read whole, back to where it came from.</summary>
    public void RefuseMalformed(SipResponse response, SipFlow flow)
    {
        if (response.Headers["Via"] is { } text && ViaHeader.TryParse(text, out var via))
            response.Headers.ReplaceFirst("Via", via.StampSource(flow.Remote).ToString());
        context.SendResponse(flow, SipWriter.Write(response));
    }

    /// <summary>False: no such transaction.</summary>
    public bool HandleTransportError(long id, Instant now)
    {
        if (!_byId.TryGetValue(id, out var transaction))
            return false;
        if (transaction.Flow.IsReliable && !transaction.UsedFallback)
        {
            transaction.UsedFallback = true;
            transaction.Flow = NewConnectionTo(transaction.Request.TopVia, transaction.Flow);
            RespondAgain(transaction);
        }
        else
            Perform(transaction, transaction.Machine.Handle(TransactionInput.TransportError, now), now);
        return true;
    }

    public void HandleDeadline(Instant now)
    {
        while (_deadlines.TryTakeDue(now, out var transaction))
            Perform(transaction, transaction.Machine.HandleDeadline(now), now);
    }

    private void Begin(ServerTransactionKey key, SipRequest request, SipFlow flow, TransactionShare share, Instant now)
    {
        if (_used[(int)share] >= context.MaxServerTransactions)
        {
            context.Count(SipDrop.Overload);
            context.SendResponse(ResponseFlow(request.TopVia, flow), SipWriter.Write(user.RefuseOverload(request)));
            return;
        }
        var merge = MergeKeyOf(request);
        if (merge is not null && _merges.TryGetValue(merge.Value, out var other) && !IsRefused(other))
        {
            context.Count(SipDrop.Merged);
            Refuse(request, flow, 482);
            return;
        }

        TransactionMachine machine = request.Method == SipMethod.Invite
            ? new InviteServerTransaction(context.Timers, flow.IsReliable)
            : new NonInviteServerTransaction(context.Timers, flow.IsReliable);
        var transaction = new ServerTransaction(context.NextId(), key, request, ResponseFlow(request.TopVia, flow), machine, share);
        _byId.Add(transaction.Id, transaction);
        _byKey.Add(key, transaction);
        _used[(int)share]++;
        if (merge is not null)
            _merges[merge.Value] = key;
        Perform(transaction, machine.Handle(TransactionInput.Start, now), now);
    }

    private void Repeat(ServerTransaction transaction, SipRequest request, bool isAck, Instant now)
    {
        if (isAck && transaction.Machine.State == TransactionState.Accepted)
            user.HandleAck(request, now); // a peer that acknowledges a 2xx in the INVITE's own branch
        else
            Perform(transaction, transaction.Machine.Handle(isAck ? TransactionInput.Ack : TransactionInput.RequestAgain, now), now);
    }

    private void Perform(ServerTransaction transaction, TransactionActions actions, Instant now)
    {
        if (actions.HasFlag(TransactionActions.SendTrying))
        {
            transaction.LastResponse = SipWriter.Write(SipResponse.CreateFor(transaction.Request, 100, null));
            RespondAgain(transaction);
        }
        if (actions.HasFlag(TransactionActions.Transmit))
            RespondAgain(transaction);
        if (actions.HasFlag(TransactionActions.Forget))
            Forget(transaction);
        else
            _deadlines.Schedule(transaction);
        if (actions.HasFlag(TransactionActions.Deliver))
        {
            user.HandleRequest(transaction, now);
            _deadlines.Schedule(transaction);
        }
        if ((actions & (TransactionActions.ReportTimeout | TransactionActions.ReportTransportError)) != 0)
            user.HandleServerFailure(transaction, now);
    }

    private void Forget(ServerTransaction transaction)
    {
        if (_byId.Remove(transaction.Id))
            _used[(int)transaction.Share]--;
        _byKey.Remove(transaction.Key);
        if (MergeKeyOf(transaction.Request) is { } merge && _merges.GetValueOrDefault(merge) == transaction.Key)
            _merges.Remove(merge);
    }

    private static ServerTransactionKey KeyOf(SipRequest request, ViaHeader via, SipMethod method) =>
        new(via.HasUniqueBranch ? via.Branch! : OldIdentity(request, via), via.SentBy.ToString().ToLowerInvariant(), method);

    /// <summary>
    /// The identity of a transaction of a peer without unique branches (RFC 2543; RFC 3261 §17.2.3). ACK and CANCEL share all of it with
    /// their INVITE.
    /// </summary>
    private static string OldIdentity(SipRequest request, ViaHeader via) =>
        $"{request.CallId} {request.CSeq.Number} {request.FromTag} {request.Uri} {via}";

    /// <summary>Only requests outside dialogs can be merged; CANCEL repeats the numbers of its INVITE with its own method.</summary>
    private static MergeKey? MergeKeyOf(SipRequest request) =>
        request.ToTag.Length > 0 ? null : new MergeKey(request.CallId, request.FromTag, request.CSeq);

    /// <summary>
    /// A refused request is no ongoing transaction that another one could be merged with (RFC 3261 §8.2.2.2): a peer that tries again at
    /// once, and keeps its CSeq, means it.
    /// </summary>
    private bool IsRefused(ServerTransactionKey key) =>
        _byKey.TryGetValue(key, out var known) && known.Machine.State is TransactionState.Completed or TransactionState.Confirmed;

    /// <summary>RFC 3261 §18.2.2, RFC 3581 §4: over UDP to the source address and, when rport was asked for, the source port.</summary>
    private static SipFlow ResponseFlow(ViaHeader via, SipFlow flow)
    {
        if (flow.IsReliable || via.WantsResponsePort)
            return flow;
        return flow with { Remote = flow.Remote with { Port = SentByPort(via, flow) } };
    }

    private static SipFlow NewConnectionTo(ViaHeader via, SipFlow flow) =>
        flow with { Connection = 0, Remote = flow.Remote with { Port = SentByPort(via, flow) } };

    private static ushort SentByPort(ViaHeader via, SipFlow flow) =>
        (ushort)flow.Transport.PortOr(via.SentBy.Port);
}
