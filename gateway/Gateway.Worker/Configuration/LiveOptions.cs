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
    private long _longestEnding = first.Options.Calls.Ending.Ticks;

    public ConfigurationSnapshot Snapshot => Volatile.Read(ref _snapshot);

    public GatewayOptions Options => Snapshot.Options;

    /// <summary>
    /// The longest `calls.ending` so far. Calls in progress keep what was in force when they began, and a stop has to give them that time.
    /// </summary>
    public TimeSpan LongestEnding => TimeSpan.FromTicks(Volatile.Read(ref _longestEnding));

    /// <inheritdoc cref="ConfigurationSnapshot.GraphNumberOf"/>
    public GraphNumber? GraphNumberOf(ChannelId channel) => Snapshot.GraphNumberOf(channel);

    /// <summary>What Meta allows, as it is configured now.</summary>
    public PermissionLimits Permissions() => Options.Permissions;

    public void Replace(ConfigurationSnapshot next)
    {
        Volatile.Write(ref _longestEnding, Math.Max(_longestEnding, next.Options.Calls.Ending.Ticks));
        Volatile.Write(ref _snapshot, next);
    }
}
