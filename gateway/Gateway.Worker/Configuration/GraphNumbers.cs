using Gateway.Calls;
using Gateway.WhatsApp.Graph;

namespace Gateway.Worker.Configuration;

/// <summary>From a channel to the number and the token that Graph is asked with.</summary>
internal static class GraphNumbers
{
    /// <summary>Null for a channel that this node has no token for.</summary>
    public static GraphNumber? GraphNumberOf(this GatewayOptions options, ChannelId channel) =>
        options.Channels.FirstOrDefault(known => known.PhoneNumberId == channel.Value) is { } known
            ? new GraphNumber(known.PhoneNumberId, new GraphToken(known.AccessToken.Reveal()))
            : null;
}
