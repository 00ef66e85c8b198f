using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Calls;

/// <summary>Whether a call may begin now, and by which routes: first what this node knows by itself, then what the books say.</summary>
internal sealed class CallAdmission(GatewayOptions options, NodeCapacity capacity)
{
    private readonly Dictionary<ChannelId, ChannelOptions> _channels = options.Channels.ToDictionary(c => new ChannelId(c.PhoneNumberId));

    /// <param name="call">Who calls whom.</param>
    /// <param name="trunk">The trunk of an outbound call.</param>
    /// <param name="agent">Who dialled an outbound call.</param>
    /// <param name="cancellation">The answer must come before the call's own deadline of preparation.</param>
    /// <returns><see cref="CallInput.Admitted"/> or <see cref="CallInput.Refused"/>.</returns>
    public Task<CallInput> CheckAsync(CallIdentity call, string? trunk, string? agent, CancellationToken cancellation)
    {
        if (capacity.Refusal() is { } cause)
            return Task.FromResult<CallInput>(new CallInput.Refused(cause));
        if (!_channels.TryGetValue(call.Channel, out var channel))
            return Task.FromResult<CallInput>(new CallInput.Refused(HangupCause.NoRoute));
        return Task.FromResult<CallInput>(new CallInput.Admitted([.. channel.Trunks.Select(name => new CallRoute(name))]));
    }
}
