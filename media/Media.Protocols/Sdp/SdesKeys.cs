using Media.Protocols.Srtp;

namespace Media.Protocols.Sdp;

/// <summary>SRTP keys of both directions as SDES exchanged them.</summary>
/// <param name="Profile">The agreed one.</param>
/// <param name="Local">Protects what we send.</param>
/// <param name="Remote">Protect what the peer sends: one, or several distinguished by identifiers of one length (RFC 4568 §6.1).</param>
public sealed record SdesKeys(SrtpProfile Profile, SrtpKeys Local, IReadOnlyList<SrtpKeys> Remote)
{
    /// <summary>True when both are the same secrets.</summary>
    public bool IsSame(SdesKeys other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Profile == other.Profile && Local.FixedTimeEquals(other.Local) && Remote.Count == other.Remote.Count
            && Remote.Zip(other.Remote, (one, two) => one.FixedTimeEquals(two)).All(isSame => isSame);
    }
}
