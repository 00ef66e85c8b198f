using System.Net;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// A peer-to-peer relationship between two user agents, early or confirmed (RFC 3261 §12): tags, sequence numbers, route set and remote
/// target.
/// </summary>
public sealed class Dialog
{
    /// <summary>Far more requests than a dialog sees between two snapshots.</summary>
    private const uint SnapshotGap = 1000;

    private uint? _remoteSequence;

    private readonly Trunk _trunk;

    private Dialog(Trunk trunk, string callId, NameAddr local, NameAddr remote, SipUri remoteTarget, uint localSequence, SipFlow flow)
    {
        _trunk = trunk;
        CallId = callId;
        Local = local;
        Remote = remote;
        RemoteTarget = remoteTarget;
        LocalSequence = localSequence;
        Flow = flow;
    }

    public string CallId { get; }

    /// <summary>Our From in requests, with tag.</summary>
    public NameAddr Local { get; }

    /// <summary>Our To in requests, with tag.</summary>
    public NameAddr Remote { get; private set; }

    public string RemoteTag => Remote.Tag ?? "";

    /// <summary>The URI at which the peer wants requests (its Contact).</summary>
    public SipUri RemoteTarget { get; private set; }

    public IReadOnlyList<NameAddr> RouteSet { get; private set; } = [];

    public uint LocalSequence { get; private set; }

    /// <summary>The path of the next request.</summary>
    public SipFlow Flow { get; private set; }

    /// <summary>The peer takes UPDATE (RFC 3311 §4); null while it has sent no Allow.</summary>
    public bool? AllowsUpdate { get; private set; }

    /// <summary>The peer says that it takes INFO (RFC 6086 §4.2.1: by Allow).</summary>
    public bool AllowsInfo { get; private set; }

    /// <summary>The caller's side, from a response with a To tag (§12.1.2). The route set is the Record-Route reversed.</summary>
    public static Dialog FromResponse(Trunk trunk, SipRequest request, SipResponse response, SipFlow flow, LocalAddresses local)
    {
        var dialog = new Dialog(trunk, request.CallId, request.From, response.To, request.Uri, request.CSeq.Number, flow);
        dialog.RefreshFromResponse(response, local);
        return dialog;
    }

    /// <summary>The callee's side, from an INVITE (§12.1.1). The route set is the Record-Route in order.</summary>
    public static Dialog FromRequest(Trunk trunk, SipRequest request, string localTag, SipFlow flow, LocalAddresses local)
    {
        var dialog = new Dialog(trunk, request.CallId, request.To.WithTag(localTag), request.From, request.From.Uri, 0, flow)
        {
            RouteSet = request.RecordRoutes,
            _remoteSequence = request.CSeq.Number,
        };
        dialog.RefreshTarget(request, flow, local);
        return dialog;
    }

    /// <summary>
    /// A dialog of another process, null where the snapshot cannot be read or no listener of ours serves it. Requests that the snapshot
    /// does not know of may have been sent since, so the sequence goes on far behind it: a gap is no error (§12.2.2).
    /// </summary>
    public static Dialog? FromSnapshot(Trunk trunk, SipDialogSnapshot snapshot, LocalAddresses local)
    {
        if (!NameAddr.TryParse(snapshot.Local, out var ours) || !NameAddr.TryParse(snapshot.Remote, out var theirs)
            || !SipUri.TryParse(snapshot.Target, out var target) || !IPEndPoint.TryParse(snapshot.NextHop, out var hop))
            return null;
        List<NameAddr> routes = [];
        foreach (var text in snapshot.Routes)
        {
            if (!NameAddr.TryParse(text, out var route))
                return null;
            routes.Add(route);
        }
        var remote = TransportAddress.From(hop);
        var flow = new SipFlow(snapshot.Transport, remote, local.Find(snapshot.Transport, remote), 0, snapshot.ServerName);
        return flow.Listener < 0
            ? null
            : new Dialog(trunk, snapshot.CallId, ours, theirs, target, snapshot.LocalSequence + SnapshotGap, flow)
        {
            RouteSet = routes,
            _remoteSequence = snapshot.RemoteSequence,
            AllowsUpdate = snapshot.AllowsUpdate,
            AllowsInfo = snapshot.AllowsInfo,
        };
    }

    public SipDialogSnapshot ToSnapshot(string trunk) => new()
    {
        Trunk = trunk,
        CallId = CallId,
        Local = Local.ToString(),
        Remote = Remote.ToString(),
        Target = RemoteTarget.ToString(),
        Routes = [.. RouteSet.Select(route => route.ToString())],
        LocalSequence = LocalSequence,
        RemoteSequence = _remoteSequence,
        AllowsUpdate = AllowsUpdate,
        AllowsInfo = AllowsInfo,
        Transport = Flow.Transport,
        NextHop = Flow.Remote.ToString(),
        ServerName = Flow.ServerName,
    };

    /// <summary>The peer left its tag out of earlier responses, as RFC 2543 let it, and names it now.</summary>
    public void TakeTag(SipResponse response) => Remote = response.To;

    /// <summary>
    /// Takes what a later response of the same dialog changes: the 2xx to the INVITE decides the route set (§13.2.2.4), and its Contact the
    /// target.
    /// </summary>
    public void RefreshFromResponse(SipResponse response, LocalAddresses local)
    {
        RouteSet = [.. response.RecordRoutes.Reverse()];
        RefreshTarget(response, Flow, local);
    }

    /// <summary>Takes the Contact of a target refresh (INVITE, UPDATE and their 2xx; §12.2) and what the peer says it can do.</summary>
    public void RefreshTarget(SipMessage message, SipFlow flow, LocalAddresses local)
    {
        if (message.Contact is { Uri.IsSip: true } contact)
            RemoteTarget = contact.Uri;
        if (message.Headers.Contains("Allow"))
        {
            AllowsUpdate = message.Headers.HasToken("Allow", SipMethod.Update.Name);
            AllowsInfo = message.Headers.HasToken("Allow", SipMethod.Info.Name);
        }
        flow = flow with { ServerName = flow.ServerName ?? Flow.ServerName };
        var next = RouteSet.Count > 0 ? RouteSet[0].Uri : RemoteTarget;
        Flow = _trunk.IsBehindNat(next, flow.Remote, RouteSet.Count > 0) ? flow : FlowTo(next, flow, local);
    }

    /// <summary>
    /// False: the request is older than one we have already seen and is refused with 500 (§12.2.2). An equal number is a repetition that
    /// its own transaction did not catch, or an ACK.
    /// </summary>
    public bool TryAdvance(CSeq sequence)
    {
        if (sequence.Number <= _remoteSequence)
            return false;
        _remoteSequence = sequence.Number;
        return true;
    }

    /// <summary>A request inside the dialog with the next sequence number (§12.2.1.1); without Via, Contact and body.</summary>
    public SipRequest CreateRequest(SipMethod method) => Create(method, NextSequence());

    public uint NextSequence() => ++LocalSequence;

    /// <summary>The ACK for a 2xx: it has the number of its INVITE (§13.2.2.4).</summary>
    public SipRequest CreateAck(uint sequence) => Create(SipMethod.Ack, sequence);

    /// <summary>The peer answered UPDATE with 405 or 501, whatever it had announced.</summary>
    public void ForgetUpdate() => AllowsUpdate = false;

    private SipRequest Create(SipMethod method, uint sequence)
    {
        var strict = RouteSet.Count > 0 && !RouteSet[0].Uri.IsLooseRouter;
        var request = new SipRequest(method, strict ? RouteSet[0].Uri : RemoteTarget);
        request.Headers.Add("Max-Forwards", "70");
        foreach (var route in strict ? RouteSet.Skip(1) : RouteSet)
            request.Headers.Add("Route", route.ToString());
        if (strict)
            request.Headers.Add("Route", new NameAddr(RemoteTarget).ToString());
        request.Headers.Add("From", Local.ToString());
        request.Headers.Add("To", Remote.ToString());
        request.Headers.Add("Call-ID", CallId);
        request.Headers.Add("CSeq", new CSeq(sequence, method).ToString());
        return request;
    }

    /// <summary>
    /// A literal address is gone to, on the dialog's own connection when it is that of the same host. A name is not looked up: the
    /// peer that gave it is the next hop, since it is what routed the name to us. A WebSocket is the only way to its phone (RFC 7118 §7).
    /// </summary>
    private SipFlow FlowTo(SipUri uri, SipFlow flow, LocalAddresses local)
    {
        if (flow.Transport.IsWebSocket())
            return flow;
        if (uri.HostPort.Address is not IPAddress address)
            return flow.Connection == 0 ? flow : _trunk.FlowBack(uri, flow);
        var transport = uri.IsSecure ? SipTransport.Tls
            : Enum.TryParse<SipTransport>(uri.Transport, ignoreCase: true, out var named) ? named : flow.Transport;
        if (transport.IsWebSocket())
            return flow;
        var remote = TransportAddress.From(address, transport.PortOr(uri.Port));
        var sameHost = transport == flow.Transport && remote.Bits == flow.Remote.Bits;
        // the trunk's own listener serves its other hosts too
        var isSameKind = transport == flow.Transport && remote.IsIPv4 == flow.Remote.IsIPv4;
        var listener = isSameKind ? flow.Listener : local.Find(transport, remote);
        if (listener < 0)
            return flow; // we do not speak that transport: answer the way they came
        return flow with { Transport = transport, Remote = remote, Listener = listener, Connection = sameHost ? flow.Connection : 0 };
    }
}
