using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Agents;

namespace Gateway.Worker.Legs;

/// <summary>
/// The phones of agents, as INVITEs of one call: extensions of PBXs, and what is registered in the cluster at the moment.
/// </summary>
/// <param name="directory">Knows the agents.</param>
/// <param name="endpoint">Knows what is registered.</param>
/// <param name="registrarTrunk">The trunk of the registered phones.</param>
/// <param name="invitation">The INVITE by a route, still without SDP.</param>
internal sealed class AgentPhones(
    AgentDirectory directory, PbxTrunks endpoint, string registrarTrunk, Func<CallRoute, SipInviteRequest> invitation)
{
    /// <summary>
    /// Empty: the agent has no phone that this node can ring, or is unknown by now. A trunk to the telephone network is no way to one.
    /// </summary>
    /// <param name="agent">Whose.</param>
    /// <param name="trunk">Only the phones there; null: all.</param>
    /// <param name="autoAnswer">They are to answer by themselves.</param>
    public IEnumerable<SipInviteRequest> Of(AgentId agent, string? trunk, bool autoAnswer) => directory.Find(agent) is { } known
        ? known.Phones.SelectMany(Invitations).Where(request => trunk is null || request.Trunk == trunk)
            .Select(request => request with { AutoAnswer = autoAnswer })
        : [];

    private IEnumerable<SipInviteRequest> Invitations(AgentPhone phone) => phone switch
    {
        AgentPhone.Extension extension when endpoint.Find(extension.Trunk) is { IsPstn: false } =>
            [invitation(new CallRoute(extension.Trunk, extension.Number))],
        AgentPhone.Registered { User: var user } => endpoint.ContactsOf(user)
            .Select(contact => invitation(new CallRoute(registrarTrunk, user)) with { Phone = contact }),
        _ => [],
    };
}
