namespace Media.Protocols.Ice;

/// <summary>How a candidate's address came to be (RFC 8445 §5.1.1); <c>typ</c> in SDP.</summary>
public enum IceCandidateType
{
    Host,
    ServerReflexive,
    PeerReflexive,
    Relay,
}
