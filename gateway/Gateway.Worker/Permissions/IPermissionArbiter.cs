using Gateway.Calls;
using Gateway.Calls.Permissions;

namespace Gateway.Worker.Permissions;

/// <summary>Has the last word on whether a user may be called, where our own books say no.</summary>
internal interface IPermissionArbiter
{
    /// <summary>
    /// For an outbound call whose admission ended in <see cref="HangupCause.NotPermitted"/>: asks Meta. Where Meta says yes too, the call goes on;
    /// else the channel may ask the user for permission now, and ring the agent back when it is granted.
    /// </summary>
    /// <param name="call">Who calls whom.</param>
    /// <param name="trunk">The agent's trunk; null with <paramref name="agent"/> for a call that no agent dialled.</param>
    /// <param name="agent">Who dialled.</param>
    /// <param name="cancellation">When it is cancelled, our books' no stands.</param>
    Task<PermissionAnswer> AskAsync(CallIdentity call, string? trunk, string? agent, CancellationToken cancellation);
}

/// <summary>The arbiter's word.</summary>
/// <param name="MayCall">The call goes on.</param>
/// <param name="State">As of now: what the PBX is told of a refused call.</param>
/// <param name="Text">A sentence for the agent's phone, where the call is refused.</param>
/// <param name="StoreIsAway">The books went away meanwhile, so that nobody knows what the user permits.</param>
internal sealed record PermissionAnswer(bool MayCall, PermissionState State, string Text, bool StoreIsAway = false);
