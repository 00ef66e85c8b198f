using System.Collections.Frozen;
using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// A transfer that the peer asks for (RFC 3515): 202, then NOTIFYs with the progress in message/sipfrag (RFC 3420), one at a time.
/// </summary>
internal sealed class Referral(SessionCore session)
{
    /// <summary>
    /// The headers that a Refer-To cannot write into our INVITE (RFC 3261 §19.1.5): it would speak in our name, or break the message.
    /// </summary>
    private static readonly FrozenSet<string> OwnHeaders = new[]
    {
        "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Route", "Record-Route", "Max-Forwards", "Content-Type", "Content-Length",
        "Content-Encoding", "Content-Disposition", "Authorization", "Proxy-Authorization", "P-Asserted-Identity", "P-Preferred-Identity",
        "Remote-Party-ID", "Identity", "Diversion", "History-Info", "Allow", "Supported", "Accept", "User-Agent", "Session-Expires",
        "Min-SE", "Replaces", "Referred-By", "body",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly List<ClientTransaction> _reports = [];
    private uint? _active;
    private (SipReason? Reason, IReadOnlyList<(string Name, string Value)>? Headers)? _delayedBye;

    /// <summary>
    /// A NOTIFY is on its way. A BYE that overtakes it ends the dialog under it, and the PBX never learns how its transfer went.
    /// </summary>
    public bool IsReporting => _reports.Count > 0;

    /// <summary>The BYE leaves when every NOTIFY was answered or has timed out.</summary>
    public void Delay(SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers) => _delayedBye = (reason, headers);

    /// <summary>The peer has ended the dialog itself.</summary>
    public void Abandon()
    {
        _delayedBye = null;
        _reports.Clear();
    }

    /// <summary>A NOTIFY was sent again with credentials.</summary>
    public void Replace(ClientTransaction challenged, ClientTransaction again)
    {
        if (_reports.Remove(challenged))
            _reports.Add(again);
    }

    /// <summary>A NOTIFY got its final response, whatever it says, or none. False: not one of ours.</summary>
    public bool HandleFinal(ClientTransaction transaction, Instant now)
    {
        if (!_reports.Remove(transaction))
            return false;
        if (IsReporting || _delayedBye is not var (reason, headers))
            return true;
        _delayedBye = null;
        session.Send(session.CreateBye(session.Dialog!, reason, headers), now);
        session.Remember(now);
        return true;
    }

    public void HandleRequest(ServerTransaction transaction, Instant now)
    {
        var request = transaction.Request;
        if (session.Trunk.Profile.Refer == ReferPolicy.Refuse)
        {
            session.Respond(transaction, session.Trunk.ReferRefusal, now);
            return;
        }
        var targets = request.Addresses("Refer-To");
        if (targets.Count != 1)
        {
            session.Respond(transaction, 400, now);
            return;
        }
        if (_active is not null || !session.IsConfirmed)
        {
            session.Respond(transaction, 491, now);
            return;
        }

        var response = session.Context.CreateResponse(request, 202, session.LocalTag);
        response.Headers.Add("Contact", session.ContactFor(transaction.Flow));
        session.Context.Layer.Servers.Respond(transaction, response, now);
        _active = request.CSeq.Number;
        Notify(100, "Trying", now);

        var uri = targets[0].Uri;
        var replaces = ReplacesHeader.TryReadFrom(uri, out var header) ? header.ToString() : null;
        var referredBy = request.Headers["Referred-By"] is { } text && NameAddr.TryParse(text, out _) ? text : null;
        session.Emit(
            new SipCallEvent.TransferRequested((uri with { EscapedHeaders = "" }).ToString(), replaces, referredBy, HeadersOf(uri)));
    }

    private static List<(string, string)> HeadersOf(SipUri uri)
    {
        List<(string, string)> headers = [];
        foreach (var (name, value) in uri.Headers)
        {
            if (SipGrammar.IsToken(name) && !OwnHeaders.Contains(SipHeaderNames.Canonicalize(name)))
                headers.Add((name, value));
        }
        return headers;
    }

    public void Notify(int status, string phrase, Instant now)
    {
        if (_active is not { } id || session.IsOver || session.Dialog is not { } dialog)
            return;
        var isFinal = status >= 200;
        var notify = dialog.CreateRequest(SipMethod.Notify);
        notify.Headers.Add("Contact", session.ContactFor(dialog.Flow));
        notify.Headers.Add("Event", $"refer;id={id}");
        notify.Headers.Add("Subscription-State", isFinal ? "terminated;reason=noresource" : "active;expires=60");
        notify.SetBody(
            Encoding.UTF8.GetBytes($"SIP/2.0 {status} {SipGrammar.OneLine(phrase)}\r\n"), MediaType.SipFragment + ";version=2.0");
        _reports.Add(session.Send(notify, now));
        if (isFinal)
            _active = null;
    }
}
