using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.WhatsApp.Graph;

namespace Gateway.Worker.Configuration;

/// <summary>
/// The configuration in force: one immutable snapshot, which a reload replaces whole. Who decides about a call reads it once; what must not
/// change while the node runs is the same in every snapshot. Thread-safe.
/// </summary>
internal sealed class LiveOptions(ConfigurationSnapshot first)
{
    private ConfigurationSnapshot _snapshot = first;

    public ConfigurationSnapshot Snapshot => Volatile.Read(ref _snapshot);

    public GatewayOptions Options => Snapshot.Options;

    /// <inheritdoc cref="ConfigurationSnapshot.GraphNumberOf"/>
    public GraphNumber? GraphNumberOf(ChannelId channel) => Snapshot.GraphNumberOf(channel);

    /// <summary>What Meta allows, as it is configured now.</summary>
    public PermissionLimits Permissions() => Options.Permissions;

    public void Replace(ConfigurationSnapshot next) => Volatile.Write(ref _snapshot, next);
}
