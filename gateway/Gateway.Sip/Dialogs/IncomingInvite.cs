using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The beginning of a call we receive (RFC 3261 §13.3): provisional responses, reliable ones until their PRACK (RFC 3262), the final
/// response, CANCEL.
/// </summary>
internal sealed class IncomingInvite
{
    /// <summary>Provisional responses that wait for the PRACK of an earlier one; older ones are outdated and dropped.</summary>
    private const int MaxWaiting = 8;

    private readonly SessionCore _session;
    private readonly Acknowledgement _acknowledgement;

    /// <summary>The session that ends when this call is answered.</summary>
    private readonly SessionCore? _replaces;
    private readonly Retransmitter _prack;
    private readonly Queue<(int Status, string? Sdp)> _waiting = [];
    private readonly bool _offered;
    private readonly bool _mayRely;
    private readonly bool _mustRely;
    private uint _reliableNumber;

    /// <summary>
    /// A reliable response waits for its PRACK; it is no longer repeated after the final response, but its PRACK may still come (RFC 3262
    /// §3).
    /// </summary>
    private bool _isOutstanding;
    private bool _outstandingHasSdp;
    private bool _settled;
    private string? _delayedAnswer;

    public IncomingInvite(SessionCore session, Acknowledgement acknowledgement, ServerTransaction transaction, SessionCore? replaces)
    {
        var request = transaction.Request;
        _session = session;
        _acknowledgement = acknowledgement;
        _replaces = replaces;
        _prack = new Retransmitter(
            session.Context.Timers, longestInterval: null, session.Deadlines, SessionDeadline.PrackRepeat, SessionDeadline.Prack);
        _mustRely = request.Headers.HasToken("Require", "100rel");
        _mayRely = _mustRely
            || (request.Headers.HasToken("Supported", "100rel") && session.Trunk.Profile.ReliableProvisional != ReliableProvisional.Off);
        _reliableNumber = session.Context.Entropy.NextUInt32() >> 8;
        Transaction = transaction;
        // A connection of ours back to the peer has to prove the trunk's name; the one it opened has proved nothing.
        var flow = transaction.Flow with { ServerName = session.Trunk.Options.Server };
        session.Dialog = Dialog.FromRequest(session.Trunk, request, session.LocalTag, flow, session.Context.Local);
        session.RemoteSdp = session.Info.Offer;
        _offered = session.RemoteSdp is not null;
    }

    public ServerTransaction Transaction { get; }

    /// <summary>No final response was sent yet.</summary>
    public bool IsPending { get; private set; } = true;

    public void Provisional(int status, string? sdp, Instant now)
    {
        if (!IsPending || status is <= 100 or >= 200)
            return;
        var reliable = _mustRely || (_mayRely && sdp is not null);
        if (!reliable)
        {
            Send(Create(status), _offered && !_settled ? sdp : null, now); // an offer may only go in a reliable response
            return;
        }
        if (!_prack.IsRunning)
        {
            SendReliable(status, sdp, now);
            return;
        }
        if (_waiting.Count == MaxWaiting)
            _waiting.Dequeue();
        _waiting.Enqueue((status, sdp));
    }

    public void Answer(string sdp, Instant now)
    {
        if (!IsPending || _delayedAnswer is not null)
            return;
        if (_prack.IsRunning && _outstandingHasSdp)
            _delayedAnswer = sdp; // not before its PRACK (RFC 3262 §3)
        else
            SendSuccess(sdp, now);
    }

    public void Reject(
        int status, string? phrase, SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers, SipCallEvent last, Instant now)
    {
        var response = _session.Context.CreateResponse(
            Transaction.Request, status is >= 300 and < 700 ? status : 500, _session.LocalTag, phrase);
        _session.Trunk.AddHeaders(response, reason, headers);
        Close();
        _session.Context.Layer.Servers.Respond(Transaction, response, now);
        _session.Finish(last, now);
    }

    /// <summary>CANCEL or an early BYE; nothing happens after the final response.</summary>
    public void Cancelled(SipReason? reason, Instant now)
    {
        if (IsPending)
            Reject(487, null, null, null, new SipCallEvent.Ended(SipCallEnd.Remote, reason), now);
    }

    public void HandlePrack(ServerTransaction prack, Instant now)
    {
        if (!_isOutstanding || !RAck.TryParse(prack.Request.Headers[RAck.Name], out var rack)
            || rack != new RAck(_reliableNumber, Transaction.Request.CSeq))
        {
            _session.Respond(prack, 481, now);
            return;
        }
        _isOutstanding = false;
        _prack.Stop();
        var sdp = SdpBody.Of(prack.Request);
        if (sdp is not null && (_offered || !_outstandingHasSdp))
        {
            _session.Respond(prack, 488, now); // a second offer may wait until the call is answered
            sdp = null;
        }
        else
            _session.Respond(prack, 200, now);
        if (sdp is not null)
        {
            _session.RemoteSdp = sdp;
            _session.Emit(new SipCallEvent.AnswerReceived(sdp));
        }

        if (_delayedAnswer is { } answer)
            SendSuccess(answer, now);
        else if (IsPending && _waiting.TryDequeue(out var next))
            SendReliable(next.Status, next.Sdp, now);
    }

    public void HandleDeadline(Instant now)
    {
        if (_prack.HandleDeadline(now, out var gaveUp))
            _session.Context.Layer.Servers.RespondAgain(Transaction);
        if (gaveUp && IsPending)
            Reject(500, "No PRACK", null, null, new SipCallEvent.Ended(SipCallEnd.NotAcknowledged, null), now);
    }

    private void SendReliable(int status, string? sdp, Instant now)
    {
        var response = Create(status);
        response.Headers.Add("Require", "100rel");
        response.Headers.Add("RSeq", $"{++_reliableNumber}");
        if (_settled)
            sdp = null;
        _outstandingHasSdp = sdp is not null;
        if (sdp is not null)
        {
            _settled = true;
            _session.LocalSdp = sdp;
        }
        Send(response, sdp, now);
        _isOutstanding = true;
        _prack.Start(now);
    }

    private void SendSuccess(string sdp, Instant now)
    {
        var response = Create(200);
        SessionTimerNegotiation.Grant(Transaction.Request, response, _session, now);
        var carriesOffer = !_offered && !_settled;
        if (!_settled)
            _session.LocalSdp = sdp;
        Close();
        Send(response, _settled ? null : sdp, now);
        _acknowledgement.Await(Transaction, carriesOffer, now);
        _replaces?.HangUp(SipReason.Sip(200, "Call replaced"), null, SipCallEnd.Replaced, now);
        _replaces?.Reschedule();
    }

    private void Close()
    {
        IsPending = false;
        _delayedAnswer = null;
        _waiting.Clear();
        _prack.Stop();
    }

    /// <summary>A response that makes or confirms the dialog (RFC 3261 §12.1.1).</summary>
    private SipResponse Create(int status)
    {
        var response = _session.Context.CreateResponse(Transaction.Request, status, _session.LocalTag);
        response.Headers.CopyFrom(Transaction.Request.Headers, "Record-Route");
        response.Headers.Add("Contact", _session.ContactFor(Transaction.Flow));
        _session.Trunk.AddAbilities(response, _session.Context.Capabilities);
        return response;
    }

    private void Send(SipResponse response, string? sdp, Instant now)
    {
        SdpBody.Set(response, sdp);
        _session.Context.Layer.Servers.Respond(Transaction, response, now);
    }
}
