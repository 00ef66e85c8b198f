using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Legs;

/// <summary>The trunks of this node by name, and the endpoint that calls go out by.</summary>
internal sealed class PbxTrunks(SipEndpoint endpoint, IEnumerable<PbxTrunk> trunks)
{
    private readonly Dictionary<string, PbxTrunk> _trunks = trunks.ToDictionary(trunk => trunk.Name);

    public PbxTrunk this[string name] => _trunks[name];

    /// <summary>Null: this node has no such trunk.</summary>
    public PbxTrunk? Find(string name) => _trunks.GetValueOrDefault(name);

    /// <summary>The address is that of a trunk to the telephone network, and not <paramref name="own"/>'s too.</summary>
    public bool LeadsToPstn(HostPort at, PbxTrunk own) => !own.IsAt(at) && _trunks.Values.Any(trunk => trunk.IsPstn && trunk.IsAt(at));

    /// <summary>What is registered for a user, the preferred first.</summary>
    public IReadOnlyList<RegisteredContact> ContactsOf(string user) => endpoint.ContactsOf(user);

    /// <summary>Goes on with a call of another node. Null: its trunk is not here, or nothing leads to its peer.</summary>
    public SipCall? Resume(SipSessionSnapshot saved) => endpoint.Resume(saved);

    /// <summary>Places a call; what follows is in its events.</summary>
    public SipCall Invite(SipInviteRequest request) => endpoint.Invite(request);
}
