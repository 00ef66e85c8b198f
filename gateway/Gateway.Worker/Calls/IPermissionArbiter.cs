using Gateway.Calls;
using Gateway.Calls.Permissions;

namespace Gateway.Worker.Calls;

/// <summary>Makes the final decision whether a user may be called, where our store says no.</summary>
internal interface IPermissionArbiter
{
    /// <summary>
    /// For an outbound call whose admission ended in <see cref="HangupCause.NotPermitted"/>: queries Meta. Where Meta permits it, the call
    /// goes on; else the channel may ask the user for permission now, and make a return call to the agent when it is granted.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="trunk">The agent's trunk; null with <paramref name="agent"/> for a call that no agent dialled.</param>
    /// <param name="agent">The agent who dialled.</param>
    /// <param name="cancellation">When it is cancelled, the refusal of our store stands.</param>
    Task<PermissionAnswer> AskAsync(CallIdentity call, string? trunk, string? agent, CancellationToken cancellation);
}

/// <summary>The arbiter's decision.</summary>
/// <param name="MayCall">The call goes on.</param>
/// <param name="State">The state as of now: signalled to the PBX with a refused call.</param>
/// <param name="Text">A sentence for the agent's phone, where the call is refused.</param>
/// <param name="StoreIsUnavailable">The store became unavailable meanwhile, so that the user's permission is unknown.</param>
internal sealed record PermissionAnswer(bool MayCall, PermissionState State, string Text, bool StoreIsUnavailable = false);
