using System.Collections.Concurrent;
using System.Net;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>
/// The paths that registered phones came by: the UDP source or the connection, and the only way to them (RFC 5626 §5.3); and the nodes
/// that bring the messages of phones registered there. Contacts are written on the endpoint's loop, all is read from any thread.
/// </summary>
public sealed class RegisteredFlows
{
    private readonly ConcurrentDictionary<(SipTransport, TransportAddress, int Listener, long Connection), int> _contacts = [];
    private readonly ConcurrentDictionary<(SipTransport, TransportAddress, int Listener, long Connection), string> _admitted = [];
    private volatile HashSet<AddressBits> _nodes = [];

    public bool Contains(SipFlow flow) => _contacts.ContainsKey(KeyOf(flow)) || _admitted.ContainsKey(KeyOf(flow));

    /// <summary>The user that a connection was opened for by a ticket, and the only one that it is; null: it proves nothing.</summary>
    public string? UserOf(SipFlow flow) => _admitted.GetValueOrDefault(KeyOf(flow));

    /// <summary>A connection is this user's, until <see cref="Dismiss"/>. From any thread, as that.</summary>
    public void Admit(SipFlow flow, string user) => _admitted[KeyOf(flow)] = user;

    public void Dismiss(SipFlow flow) => _admitted.TryRemove(KeyOf(flow), out _);

    /// <summary>
    /// The source is another node of the cluster, by its address alone: its connections leave from any port. A WebSocket is a phone's,
    /// which a proxy beside a node may have passed on.
    /// </summary>
    public bool IsNode(SipFlow flow) => !flow.Transport.IsWebSocket() && _nodes.Contains(flow.Remote.Bits);

    /// <summary>The addresses of the other nodes. From any thread.</summary>
    public void SetNodes(IEnumerable<IPAddress> nodes) => _nodes = [.. nodes.Select(node => TransportAddress.From(node, 0).Bits)];

    /// <summary>Counts one more contact on the path.</summary>
    public void Add(SipFlow flow) => _contacts.AddOrUpdate(KeyOf(flow), 1, static (_, count) => count + 1);

    /// <summary>Counts one contact out.</summary>
    public void Remove(SipFlow flow)
    {
        var key = KeyOf(flow);
        if (_contacts.TryGetValue(key, out var count) && count > 1)
            _contacts[key] = count - 1;
        else
            _contacts.TryRemove(key, out _);
    }

    private static (SipTransport, TransportAddress, int, long) KeyOf(SipFlow flow) =>
        (flow.Transport, flow.Remote, flow.Listener, flow.Connection);
}
