using System.Collections.Concurrent;
using System.Text.Json;
using Gateway.Sip.Registrar;
using Gateway.Storage.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Agents;

/// <summary>The phones that are registered at other nodes, as those last said. Read from any thread.</summary>
/// <param name="reach">A contact of a user at a node as calls of this one ring it; null: they cannot.</param>
internal sealed class PhonesOfOthers(Func<string, string, SharedContact, RegisteredContact?> reach)
{
    private readonly ConcurrentDictionary<string, NodePhones> _nodes = new();

    public IEnumerable<PhonesNode> Nodes => _nodes.Values.Select(phones => phones.Node);

    /// <summary>What has not run out.</summary>
    public IReadOnlyList<RegisteredContact> Of(string user, Instant now)
    {
        List<RegisteredContact> found = [];
        foreach (var (_, phones) in _nodes)
        {
            if (phones.Users.TryGetValue(user, out var contacts))
                found.AddRange(contacts.Where(contact => contact.ExpiresAt > now));
        }
        return found;
    }

    /// <summary>False: changes before this one are missing, and the node's phones are to be read.</summary>
    public bool TryTake(PhonesChange change)
    {
        var node = change.Node;
        if (change.Before.Length == 0)
            _nodes[node.Node] = new NodePhones(node, Read(node.Node, change.Users));
        else if (!_nodes.TryGetValue(node.Node, out var known))
            return false;
        else if (known.Node.Version == change.Before)
        {
            foreach (var (user, contacts) in Read(node.Node, change.Users))
                known.Users[user] = contacts;
            foreach (var (user, _) in change.Users.Where(pair => pair.Value.Length == 0))
                known.Users.TryRemove(user, out _);
            known.Node = node;
        }
        else
            return string.CompareOrdinal(node.Version, known.Node.Version) <= 0; // it was read with the rest
        return true;
    }

    /// <summary>All that a node has.</summary>
    public void Replace(PhonesNode node, PhonesOfNode phones) =>
        _nodes[node.Node] = new NodePhones(node with { Version = phones.Version }, Read(node.Node, phones.Users));

    /// <summary>The node has stopped. The users whose phones have gone with it.</summary>
    public IReadOnlyList<string> Drop(string node) => _nodes.TryRemove(node, out var phones) ? [.. phones.Users.Keys] : [];

    /// <summary>These are the nodes that there are. The users whose phones have gone with the others.</summary>
    public IReadOnlyList<string> Keep(IReadOnlyCollection<PhonesNode> nodes) =>
        [.. _nodes.Keys.Where(name => nodes.All(node => node.Node != name)).SelectMany(Drop)];

    private ConcurrentDictionary<string, IReadOnlyList<RegisteredContact>> Read(
        string node, IEnumerable<KeyValuePair<string, string>> users) =>
        new(users.Where(user => user.Value.Length > 0)
            .Select(user => KeyValuePair.Create(user.Key, Read(user.Key, node, user.Value))));

    private IReadOnlyList<RegisteredContact> Read(string user, string node, string json)
    {
        try
        {
            return [.. JsonSerializer.Deserialize<SharedContact[]>(json, JsonSerializerOptions.Web)!
                .Select(contact => reach(user, node, contact)).OfType<RegisteredContact>()];
        }
        catch (JsonException)
        {
            return []; // of another version of the gateway
        }
    }

    private sealed class NodePhones(PhonesNode node, ConcurrentDictionary<string, IReadOnlyList<RegisteredContact>> users)
    {
        public PhonesNode Node { get; set; } = node;

        public ConcurrentDictionary<string, IReadOnlyList<RegisteredContact>> Users => users;
    }
}
