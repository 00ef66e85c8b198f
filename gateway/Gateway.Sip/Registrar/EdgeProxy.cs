using System.Security.Cryptography;
using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>
/// The edge proxy of RFC 5626 §5: passes on what calls of other nodes of the cluster and the phones registered here send each other. It
/// keeps nothing of a request (RFC 3261 §16.11): the paths are in tokens of its own, in Route, Record-Route and Via.
/// </summary>
/// <param name="tokens">Those of the cluster.</param>
/// <param name="phones">What is registered here, and which nodes there are.</param>
/// <param name="context">Our addresses.</param>
/// <param name="isOpen">A message can leave by this path.</param>
internal sealed class EdgeProxy(FlowTokens tokens, RegisteredFlows phones, TransactionContext context, Func<SipFlow, bool> isOpen)
{
    /// <summary>The beginning of the user part of a Route that is for this proxy.</summary>
    public const string Prefix = "edge-";

    /// <summary>The parameter of our Via.</summary>
    private const string ViaToken = "edge";

    private const uint MaxForwards = 70;

    /// <summary>The URI of a Route that leads to one of our paths.</summary>
    public SipUri Address(FlowToken token, SipTransport transport, HostPort at)
    {
        var uri = SipUri.Create(Prefix + tokens.Write(token), at);
        return (transport == SipTransport.Udp ? uri : uri.WithParameter("transport", WireName.Of(transport))).WithParameter("lr");
    }

    /// <summary>What is to be done with a message, which is changed for it; null: it is not for this proxy.</summary>
    public EdgeStep? Handle(SipMessage message, SipFlow source) => message switch
    {
        SipRequest request => HandleRequest(request, source),
        SipResponse response => HandleResponse(response),
        _ => null,
    };

    private EdgeStep? HandleRequest(SipRequest request, SipFlow source)
    {
        if (request.Method == SipMethod.Register || request.Headers["Route"] is not { } text || !NameAddr.TryParse(text, out var route)
            || route.Uri.EscapedUser is not { } user || !user.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var via = request.TopVia.StampSource(source.Remote);
        request.Headers.ReplaceFirst("Via", via.ToString());
        var hops = request.Number("Max-Forwards") ?? MaxForwards;
        if (!tokens.TryRead(user[Prefix.Length..], out var token) || FindTarget(token, request, source) is not { } target)
            return new EdgeStep.Refuse(403, SipDrop.BadFlowToken);
        if (hops == 0)
            return new EdgeStep.Refuse(483);
        if (request.Headers.All("Via").Any(IsOurs))
            return new EdgeStep.Refuse(482);
        var isToNode = token.Kind == FlowTokenKind.Dialog && target == token.Node;
        if (!IsServed(target) || !(isToNode || IsReachable(token)))
            return new EdgeStep.Refuse(430, SipDrop.FlowFailed);

        var back = isToNode ? source : BackTo(source, via);
        request.Headers.RemoveFirst("Route");
        request.Headers["Max-Forwards"] = $"{hops - 1}";
        if (request.Method == SipMethod.Invite && request.ToTag.Length == 0)
        {
            var dialog = new FlowToken(FlowTokenKind.Dialog, target, back);
            // A phone sends by its WebSocket whatever we call ourselves there; the node cannot.
            var side = target.Transport.IsWebSocket() ? source : target;
            request.Headers.Prepend(
                "Record-Route", new NameAddr(Address(dialog, side.Transport, context.Local.AdvertisedTo(side))).ToString());
        }
        request.Headers.Prepend("Via", ViaFor(request, via, back, target));
        return new EdgeStep.Forward(request, target, isToNode);
    }

    /// <summary>
    /// The path to the phone for what a node sends, and the path to the node for what a phone sends inside its call; null: nothing else
    /// passes. So no phone begins a call by the trust that nodes have in each other.
    /// </summary>
    private SipFlow? FindTarget(FlowToken token, SipRequest request, SipFlow source)
    {
        var isNode = phones.IsNode(source);
        if (token.Kind == FlowTokenKind.Dialog && (token.Flow == source || (!isNode && IsPhone(source, token))))
            return request.ToTag.Length > 0 ? token.Node : null;
        return token.Kind != FlowTokenKind.Response && isNode ? token.Flow : null;
    }

    /// <summary>A phone whose NAT gives it another port, or that has connected anew, still ends its call.</summary>
    private bool IsPhone(SipFlow source, FlowToken token) => phones.Contains(source) || source.Remote.Bits == token.Flow.Remote.Bits;

    /// <summary>A phone that unregisters in a call goes on with it.</summary>
    private bool IsReachable(FlowToken token) =>
        phones.Contains(token.Flow) || (token.Kind == FlowTokenKind.Dialog && isOpen(token.Flow));

    /// <summary>A response to a request that we passed on. What has no token of ours is left to others, who expect no second Via.</summary>
    private EdgeStep? HandleResponse(SipResponse response)
    {
        if (response.TopVia.Parameters[ViaToken] is not { } text || !tokens.TryRead(text, out var token)
            || token.Kind != FlowTokenKind.Response)
            return null;
        response.Headers.RemoveFirst("Via");
        return response.Headers.Contains("Via") && IsServed(token.Flow)
            ? new EdgeStep.Forward(response, token.Flow, phones.IsNode(token.Flow)) : new EdgeStep.Drop(SipDrop.StrayResponse);
    }

    /// <summary>
    /// Requests of one transaction get one branch: an INVITE that is sent again, its CANCEL and the ACK to its failure (§16.11).
    /// </summary>
    private string ViaFor(SipRequest request, ViaHeader via, SipFlow back, SipFlow target)
    {
        var identity = via.HasUniqueBranch
            ? $"{via.SentBy} {via.Branch}" : $"{request.CallId} {request.CSeq.Number} {request.FromTag} {request.Uri} {via}";
        var branch = ViaHeader.MagicCookie + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..32];
        return $"{context.ViaFor(target, branch)};{ViaToken}={tokens.Write(new FlowToken(FlowTokenKind.Response, back))}";
    }

    /// <summary>Over a connection that is gone by then, a new one is opened to where the node listens (§18.2.2).</summary>
    private static SipFlow BackTo(SipFlow source, ViaHeader via) => source.IsReliable
        ? source with { Remote = source.Remote with { Port = (ushort)source.Transport.PortOr(via.SentBy.Port) } } : source;

    private bool IsOurs(string text) =>
        ViaHeader.TryParse(text, out var via) && via.Parameters[ViaToken] is { } token && tokens.TryRead(token, out _);

    /// <summary>The listener is still there after a restart.</summary>
    private bool IsServed(SipFlow flow) =>
        flow.Listener < context.Local.Count && context.Local[flow.Listener].Transport == flow.Transport;
}

/// <summary>What the edge proxy wants done with a message. A closed set.</summary>
internal abstract record EdgeStep
{
    private EdgeStep()
    {
    }

    /// <param name="Message">As it is to leave.</param>
    /// <param name="Flow">By which.</param>
    /// <param name="IsToNode">A connection may be opened for it; to a phone none can.</param>
    public sealed record Forward(SipMessage Message, SipFlow Flow, bool IsToNode) : EdgeStep;

    /// <param name="Status">The answer to the request, whose top Via is stamped with its source.</param>
    /// <param name="Reason">What is counted; null: nothing.</param>
    public sealed record Refuse(int Status, SipDrop? Reason = null) : EdgeStep;

    public sealed record Drop(SipDrop Reason) : EdgeStep;
}
