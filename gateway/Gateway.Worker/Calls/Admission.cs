using Gateway.Calls;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Calls;

/// <summary>Whether a call may begin on this node now, and by which trunks: the configured routes, the node's capacity, and draining.</summary>
internal sealed class Admission(GatewayOptions options)
{
    private readonly Dictionary<ChannelId, ChannelOptions> _channels = options.Channels.ToDictionary(c => new ChannelId(c.PhoneNumberId));
    private int _activeCalls;

    /// <summary>Set once, when a stop was asked for.</summary>
    public bool IsDraining { get; set; }

    public int ActiveCalls => Volatile.Read(ref _activeCalls);

    /// <summary>Counts a call loop in; true while there is room for it.</summary>
    public void Enter() => Interlocked.Increment(ref _activeCalls);

    public void Leave() => Interlocked.Decrement(ref _activeCalls);

    public CallInput Check(CallIdentity call)
    {
        if (IsDraining)
            return new CallInput.Refused(HangupCause.Draining);
        if (ActiveCalls > options.Node.MaxCalls)
            return new CallInput.Refused(HangupCause.NoCapacity);
        if (!_channels.TryGetValue(call.Channel, out var channel))
            return new CallInput.Refused(HangupCause.NoRoute);
        return new CallInput.Admitted(channel.Trunks);
    }
}
