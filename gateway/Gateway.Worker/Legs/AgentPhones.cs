using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Agents;

namespace Gateway.Worker.Legs;

/// <summary>The phones of agents, as INVITEs of one call: extensions of PBXs, and what is registered here at the moment.</summary>
/// <param name="directory">Knows the agents.</param>
/// <param name="endpoint">Knows what is registered.</param>
/// <param name="registrarTrunk">The trunk of the registered phones.</param>
/// <param name="invitation">The INVITE by a route, still without SDP.</param>
internal sealed class AgentPhones(
    AgentDirectory directory, PbxTrunks endpoint, string registrarTrunk, Func<CallRoute, SipInviteRequest> invitation)
{
    /// <summary>Empty: the agent has no phone that can be reached, or is unknown by now.</summary>
    public IEnumerable<SipInviteRequest> Of(AgentId agent, bool autoAnswer) => directory.Find(agent) is { } known
        ? known.Phones.SelectMany(Invitations).Select(request => request with { AutoAnswer = autoAnswer })
        : [];

    private IEnumerable<SipInviteRequest> Invitations(AgentPhone phone) => phone switch
    {
        AgentPhone.Extension extension => [invitation(new CallRoute(extension.Trunk, extension.Number))],
        AgentPhone.Registered { User: var user } => endpoint.ContactsOf(user)
            .Select(contact => invitation(new CallRoute(registrarTrunk, user)) with { Phone = contact }),
        _ => [],
    };
}
