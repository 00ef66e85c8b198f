using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>The role of the agent, and the resolution of role conflicts (RFC 8445 §7.1.3, §7.2.5.1, §7.3.1.1).</summary>
internal sealed class IceRoles(IceAgentOptions options, IEntropy entropy)
{
    public IceRole Current { get; private set; } =
        options.Lite ? IceRole.Controlled : options.Moves > 0 ? IceRole.Controlling : options.Role;

    public ulong TieBreaker { get; private set; } = options.Moves > 0 ? ulong.MaxValue : entropy.NextUInt64();

    /// <summary>The peer can only be controlled (RFC 8445 §6.1.1).</summary>
    public void FaceLitePeer()
    {
        if (!options.Lite)
            Current = IceRole.Controlling;
    }

    /// <summary>
    /// An authentic request that claims our own role: the greater tie-breaker controls. False when the peer is the one to switch and
    /// gets a 487; true when we have switched, or when there is no conflict.
    /// </summary>
    public bool Settle(in StunReader request)
    {
        var claim = Current == IceRole.Controlling ? request.Controlling : request.Controlled;
        if (claim is not { } tieBreaker)
            return true;
        if (options.Lite)
            return false; // a lite agent cannot check, so it cannot control
        var weControl = TieBreaker >= tieBreaker;
        if (weControl == (Current == IceRole.Controlling))
            return false;
        Current = weControl ? IceRole.Controlling : IceRole.Controlled;
        return true;
    }

    /// <summary>Handles an authentic 487. One to a request in a role that we have left already changes nothing.</summary>
    public void Concede(IceRole claimed)
    {
        if (claimed != Current)
            return;
        Current = claimed == IceRole.Controlling ? IceRole.Controlled : IceRole.Controlling;
        TieBreaker = entropy.NextUInt64();
    }
}
