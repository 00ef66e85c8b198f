using System.Globalization;
using System.Net;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Endpoint;

/// <summary>
/// The edge of this node: sends what the proxy passes on, and translates contacts between the registrars of a cluster.
/// <see cref="TryHandle"/> belongs to the endpoint's loop, the rest to any thread.
/// </summary>
internal sealed class EdgeRuntime
{
    private readonly TransactionLayer _layer;
    private readonly EdgeProxy _proxy;
    private readonly TimeProvider _time;
    private readonly InstantClock _clock;

    /// <param name="options">The cluster's.</param>
    /// <param name="phones">The trunk of the registered phones.</param>
    /// <param name="layer">Sends.</param>
    /// <param name="isOpen">A message can leave by this path.</param>
    /// <param name="time">For the times of contacts.</param>
    /// <exception cref="ArgumentException">The first listener is advertised by a name.</exception>
    public EdgeRuntime(EdgeOptions options, RegisteredFlows phones, TransactionLayer layer, Func<SipFlow, bool> isOpen, TimeProvider time)
    {
        _layer = layer;
        _proxy = new EdgeProxy(new FlowTokens(options.Secret), phones, layer.Context, isOpen);
        _time = time;
        _clock = new InstantClock(time);
        Address = options.Address ?? AddressOf(layer.Context.Local);
    }

    /// <summary>This node as others reach it.</summary>
    public EdgeAddress Address { get; }

    /// <summary>False: the message is for the user agent.</summary>
    public bool TryHandle(SipMessage message, SipFlow flow)
    {
        var step = _proxy.Handle(message, flow);
        if (step is EdgeStep.Forward(var passed, var target, var isToNode))
            _layer.Context.Outbox.Enqueue(new SipTransmit(target, SipWriter.Write(passed), 0, IsResponse: !isToNode));
        else if (step is EdgeStep.Refuse(var status, var drop))
        {
            if (drop is { } reason)
                _layer.Context.Count(reason);
            _layer.Servers.Refuse((SipRequest)message, flow, status);
        }
        else if (step is EdgeStep.Drop(var why))
            _layer.Context.Count(why);
        return step is not null;
    }

    /// <summary>A contact of ours as other nodes reach it.</summary>
    public SharedContact Share(RegisteredContact contact)
    {
        var (wall, now) = (_time.GetUtcNow(), _clock.Now);
        var at = new HostPort(Address.EndPoint.Address.ToString(), Address.EndPoint.Port);
        var edge = _proxy.Address(new FlowToken(FlowTokenKind.Contact, contact.Flow), Address.Transport, at);
        return new SharedContact
        {
            Uri = contact.Uri.ToString(),
            Route = [new NameAddr(edge).ToString(), .. contact.Path.Select(hop => hop.ToString())],
            Source = string.Create(CultureInfo.InvariantCulture, $"{contact.Flow.Transport} {contact.Flow.Remote}"),
            Q = contact.Q,
            ExpiresAt = wall + (contact.ExpiresAt - now),
            RefreshedAt = wall + (contact.RefreshedAt - now),
            Instance = contact.Instance,
            RegId = contact.RegId,
        };
    }

    /// <summary>
    /// A contact of another node as a call of ours rings it; null: it cannot be read, or no listener of ours reaches that node.
    /// </summary>
    public RegisteredContact? Reach(string user, string node, SharedContact contact)
    {
        List<NameAddr> route = [];
        foreach (var text in contact.Route)
        {
            if (!NameAddr.TryParse(text, out var hop))
                return null;
            route.Add(hop);
        }
        if (route.Count == 0 || route[0].Uri.HostPort.Address is not { } address || !SipUri.TryParse(contact.Uri, out var uri))
            return null;
        var transport = Enum.TryParse<SipTransport>(route[0].Uri.Transport, ignoreCase: true, out var named) ? named : SipTransport.Udp;
        var remote = TransportAddress.From(address, transport.PortOr(route[0].Uri.Port));
        var listener = _layer.Context.Local.Find(transport, remote);
        var (wall, now) = (_time.GetUtcNow(), _clock.Now);
        return listener < 0 ? null : new RegisteredContact
        {
            User = user,
            Uri = uri,
            Node = node,
            Flow = new SipFlow(transport, remote, listener),
            Path = route,
            Q = contact.Q,
            ExpiresAt = now + (contact.ExpiresAt - wall),
            RegisteredAt = now + (contact.RefreshedAt - wall),
            RefreshedAt = now + (contact.RefreshedAt - wall),
            Instance = contact.Instance,
            RegId = contact.RegId,
            CallId = "",
            Sequence = 0,
        };
    }

    private static EdgeAddress AddressOf(LocalAddresses local)
    {
        for (var i = 0; i < local.Count; i++)
        {
            if (local[i].Transport.IsWebSocket())
                continue; // only phones open those
            return local[i].Advertised.Address is { } address
                ? new EdgeAddress(local[i].Transport, new IPEndPoint(address, local[i].Advertised.Port))
                : throw new ArgumentException("The first listener is advertised by a name: other nodes need an address.");
        }
        throw new ArgumentException("All listeners are for WebSockets: other nodes need one of UDP, TCP or TLS.");
    }
}
