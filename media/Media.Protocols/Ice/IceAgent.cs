using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>
/// ICE for one data stream with one component (RFC 8445; rtcp-mux and BUNDLE are a given here), sans I/O. Feed it datagrams and time; after every call
/// drain <see cref="TryPollTransmit"/>, then <see cref="TryPollEvent"/>, then sleep until <see cref="NextDeadline"/>. One owner, no locks.
/// </summary>
public sealed class IceAgent
{
    /// <summary>No datagram of an agent is longer: two user name fragments of 256 characters and all attributes.</summary>
    public const int MaxTransmitLength = 640;

    public IceAgent(IceAgentOptions options, IEntropy entropy)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(entropy);
        Role = options.Lite ? IceRole.Controlled : options.Role;
    }

    /// <summary>Changes when a role conflict is lost, and to controlling when the peer is lite and we are not.</summary>
    public IceRole Role { get; private set; }

    /// <summary>The nominated path; null before <see cref="IceEventKind.Connected"/>.</summary>
    public IcePath? Selected { get; }

    /// <summary>When to call <see cref="HandleDeadline"/>; in the past when something is due at once.</summary>
    public Instant NextDeadline => throw new NotSupportedException();

    /// <summary>
    /// Adds an own candidate. Several candidates may share one socket (a private host address and the public one a NAT maps it to).
    /// </summary>
    /// <param name="candidate">As it stands in our SDP.</param>
    /// <param name="socket">The address of the local socket as <see cref="HandleDatagram"/> will name it; null: the candidate's own address.</param>
    /// <returns>False when there are too many.</returns>
    public bool AddLocalCandidate(IceCandidate candidate, TransportAddress? socket = null) => throw new NotSupportedException();

    /// <summary>The peer's credentials, which start the checks. False when they are unusable or when others were set before.</summary>
    public bool SetRemote(IceCredentials credentials, bool lite) => throw new NotSupportedException();

    /// <summary>Adds a candidate from the peer's SDP, before or after <see cref="SetRemote"/>. False when it is of no use or there are too many.</summary>
    public bool AddRemoteCandidate(IceCandidate candidate) => throw new NotSupportedException();

    /// <summary>Takes a datagram that <see cref="Datagrams.DatagramKinds"/> called STUN.</summary>
    public IceVerdict HandleDatagram(ReadOnlySpan<byte> datagram, TransportAddress local, TransportAddress remote, Instant now) =>
        throw new NotSupportedException();

    /// <summary>Lets time pass: failures, nomination, consent.</summary>
    public void HandleDeadline(Instant now) => throw new NotSupportedException();

    /// <summary>Writes the next datagram that is due, if any, into a buffer of at least <see cref="MaxTransmitLength"/> bytes.</summary>
    public bool TryPollTransmit(Span<byte> buffer, Instant now, out IceTransmit transmit) => throw new NotSupportedException();

    public bool TryPollEvent(out IceEvent next) => throw new NotSupportedException();

    /// <summary>
    /// A check with valid integrity came from this address, or was answered by it, and consent has not ended. Datagrams other than
    /// STUN from any other address must be dropped unread.
    /// </summary>
    public bool IsValidated(TransportAddress remote) => throw new NotSupportedException();

    /// <summary>The response belongs to a check of this agent: for finding the agent behind a port that several share.</summary>
    public bool IsAwaiting(StunTransactionId transaction) => throw new NotSupportedException();
}
