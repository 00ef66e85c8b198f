namespace Media.Protocols.Ice;

/// <summary>Priorities of candidates and of pairs (RFC 8445 §5.1.2 and §6.1.2.3).</summary>
public static class IcePriority
{
    /// <param name="type">Host before peer-reflexive before server-reflexive before relay: 126, 110, 100, 0.</param>
    /// <param name="localPreference">0 … 65535, unique among an agent's addresses.</param>
    /// <param name="component">1 … 256.</param>
    public static uint OfCandidate(IceCandidateType type, ushort localPreference, int component = 1)
    {
        uint typePreference = type switch
        {
            IceCandidateType.Host => 126,
            IceCandidateType.PeerReflexive => 110,
            IceCandidateType.ServerReflexive => 100,
            _ => 0,
        };
        return typePreference << 24 | (uint)localPreference << 8 | (uint)(256 - component);
    }

    /// <summary>The same path as <paramref name="priority"/> describes, seen as a peer-reflexive candidate (RFC 8445 §7.1.1).</summary>
    public static uint AsPeerReflexive(uint priority) => 110u << 24 | priority & 0x00FF_FFFF;

    /// <summary>
    /// In checks of a session that has gone on from other addresses so often: above every candidate's, and above those of the moves before.
    /// </summary>
    public static uint AfterMoves(int moves) => 127u << 24 | (uint)Math.Clamp(moves, 0, 0x00FF_FFFF);

    /// <param name="controlling">Priority of the controlling agent's candidate.</param>
    /// <param name="controlled">Priority of the controlled agent's candidate.</param>
    /// <remarks>Priorities end at 2³¹ − 1 (RFC 8445 §5.1.2); what a peer claims above that is cut, or the sum would wrap.</remarks>
    public static ulong OfPair(uint controlling, uint controlled)
    {
        controlling = Math.Min(controlling, int.MaxValue);
        controlled = Math.Min(controlled, int.MaxValue);
        ulong low = Math.Min(controlling, controlled), high = Math.Max(controlling, controlled);
        return (low << 32) + 2 * high + (controlling > controlled ? 1u : 0u);
    }
}
