using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;

namespace Gateway.Worker.Legs;

/// <summary>The trunks of this node by name, and the endpoint that calls go out by.</summary>
internal sealed class PbxTrunks(SipEndpoint endpoint, IEnumerable<PbxTrunk> trunks)
{
    private readonly Dictionary<string, PbxTrunk> _trunks = trunks.ToDictionary(trunk => trunk.Name);

    public PbxTrunk this[string name] => _trunks[name];

    /// <summary>Places a call; what follows is in its events.</summary>
    public SipCall Invite(SipInviteRequest request) => endpoint.Invite(request);
}
