using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Sip.Dialogs;

namespace Gateway.Worker.Agents;

/// <summary>Whose phone an incoming INVITE is from, and which business number it asks for.</summary>
internal static class PhoneOwners
{
    /// <summary>The header by which a registered phone names the channel to call from.</summary>
    private const string Channel = "X-WhatsApp-Channel";

    /// <summary>The agent of ours; null: none that we know. A registered phone has proved its user, a PBX is believed.</summary>
    public static Agent? CallerOf(this AgentDirectory directory, SipCallInfo invite) => invite.Phone is { } user
        ? directory.OfPhone(user)
        : directory.OfExtension(invite.Trunk, invite.Caller.User);

    /// <summary>The channel that a registered phone asks for; null: none. A PBX has its trunk's.</summary>
    public static ChannelId? ChannelOf(SipCallInfo invite) => invite.Phone is null ? null
        : invite.Headers.FirstOrDefault(header => header.Name.Equals(Channel, StringComparison.OrdinalIgnoreCase)).Value is { } asked
            ? new ChannelId(asked) : null;
}
