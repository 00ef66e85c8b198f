using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// Our 2xx to an INVITE, repeated until its ACK comes (RFC 3261 §13.3.1.4). Without ACK the session ends with BYE after 64·T1.
/// </summary>
internal sealed class Acknowledgement(SessionCore session)
{
    private readonly Retransmitter _timer = new(
        session.Context.Timers, session.Context.Timers.T2, session.Deadlines, SessionDeadline.AckRepeat, SessionDeadline.Ack);
    private ServerTransaction? _transaction;
    private uint _sequence;
    private bool _carriesOffer;
    private bool _told;
    private SipRequest? _delayedBye;

    /// <summary>The INVITE transaction is not over for the peer yet; no new one may begin (RFC 3261 §14.1).</summary>
    public bool IsAwaited => _timer.IsRunning;

    /// <summary>Our 2xx has an offer whose answer must come in the ACK.</summary>
    public bool HasPendingAnswer => _timer.IsRunning && _carriesOffer;

    public void Await(ServerTransaction transaction, bool carriesOffer, Instant now)
    {
        _transaction = transaction;
        _sequence = transaction.Request.CSeq.Number;
        _carriesOffer = carriesOffer;
        _timer.Start(now);
    }

    public void Stop() => _timer.Stop();

    /// <summary>False: nothing is being waited for, send the BYE at once.</summary>
    public bool Delay(SipRequest bye)
    {
        if (!_timer.IsRunning)
            return false;
        _delayedBye = bye;
        return true;
    }

    public void HandleAck(SipRequest ack, Instant now)
    {
        if (!_timer.IsRunning || ack.CSeq.Number != _sequence || ack.FromTag != session.Dialog?.RemoteTag)
            return;
        _timer.Stop();
        SendDelayedBye(now);
        if (session.IsOver)
            return;
        if (!_told && session.Info.Direction == SipCallDirection.Incoming)
            session.Emit(new SipCallEvent.Acknowledged());
        _told = true;
        if (!_carriesOffer)
            return;
        if (SdpBody.Of(ack) is { } answer)
        {
            session.RemoteSdp = answer;
            session.Emit(new SipCallEvent.AnswerReceived(answer));
        }
        else
            session.HangUp(SipReason.Sip(488, "No answer in ACK"), null, SipCallEnd.NotAcknowledged, now);
    }

    public void HandleDeadline(Instant now)
    {
        if (_timer.HandleDeadline(now, out var gaveUp))
            session.Context.Layer.Servers.RespondAgain(_transaction!);
        if (!gaveUp)
            return;
        SendDelayedBye(now);
        session.HangUp(SipReason.Sip(408, "No ACK"), null, SipCallEnd.NotAcknowledged, now);
    }

    private void SendDelayedBye(Instant now)
    {
        if (_delayedBye is not { } bye)
            return;
        _delayedBye = null;
        session.Send(bye, now);
        session.Remember(now);
    }
}
