using System.Collections.Concurrent;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Legs;

/// <summary>The trunks of this node by name, and the endpoint that calls go out by.</summary>
internal sealed class PbxTrunks(SipEndpoint endpoint, IEnumerable<PbxTrunk> trunks)
{
    private volatile Dictionary<string, PbxTrunk> _trunks = trunks.ToDictionary(trunk => trunk.Name);

    /// <summary>Trunks that were removed, for their calls in progress.</summary>
    private readonly ConcurrentDictionary<string, PbxTrunk> _removed = [];

    /// <summary>The trunk of a call in progress, which keeps one that was removed.</summary>
    public PbxTrunk this[string name] => Find(name) ?? _removed[name];

    /// <summary>Null: this node has no such trunk.</summary>
    public PbxTrunk? Find(string name) => _trunks.GetValueOrDefault(name);

    /// <summary>
    /// The trunk by which an INVITE goes, as its phone is spoken to there: who has registered over a WebSocket (RFC 7118 §5) is a browser,
    /// or what is like one, and speaks WebRTC.
    /// </summary>
    public PbxTrunk WayOf(SipInviteRequest request) =>
        (request.Phone?.Uri ?? request.Target)?.Transport is "ws" or "wss" ? this[request.Trunk].ForWebRtc : this[request.Trunk];

    /// <summary>Puts other trunks in force.</summary>
    public void Replace(IEnumerable<PbxTrunk> trunks)
    {
        foreach (var (name, trunk) in _trunks)
            _removed[name] = trunk;
        _trunks = trunks.ToDictionary(trunk => trunk.Name);
    }

    /// <summary>The address is that of a trunk to the telephone network, and not <paramref name="own"/>'s too.</summary>
    public bool LeadsToPstn(HostPort at, PbxTrunk own) => !own.IsAt(at) && _trunks.Values.Any(trunk => trunk.IsPstn && trunk.IsAt(at));

    /// <summary>What is registered for a user, the preferred first.</summary>
    public IReadOnlyList<RegisteredContact> ContactsOf(string user) => endpoint.ContactsOf(user);

    /// <summary>Goes on with a call of another node. Null: its trunk is not here, or nothing leads to its peer.</summary>
    public SipCall? Resume(SipSessionSnapshot saved) => endpoint.Resume(saved);

    /// <summary>Places a call; what follows is in its events.</summary>
    public SipCall Invite(SipInviteRequest request) => endpoint.Invite(request);
}
