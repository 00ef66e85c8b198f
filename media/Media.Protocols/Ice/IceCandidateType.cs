namespace Media.Protocols.Ice;

/// <summary>The origin of a candidate's address (RFC 8445 §5.1.1); <c>typ</c> in SDP.</summary>
public enum IceCandidateType
{
    Host,
    ServerReflexive,
    PeerReflexive,
    Relay,
}
