using Gateway.Calls.Agents;
using Gateway.Sip.Dialogs;

namespace Gateway.Worker.Agents;

/// <summary>Whose phone an incoming INVITE is from.</summary>
internal static class PhoneOwners
{
    /// <summary>The agent of ours; null: none that we know. A registered phone has proved its user, a PBX is believed.</summary>
    public static Agent? CallerOf(this AgentDirectory directory, SipCallInfo invite) => invite.Phone is { } user
        ? directory.OfPhone(user)
        : directory.OfExtension(invite.Trunk, invite.Caller.User);
}
