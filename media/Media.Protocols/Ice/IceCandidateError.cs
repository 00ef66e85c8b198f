namespace Media.Protocols.Ice;

/// <summary>The reason a candidate attribute cannot be used.</summary>
public enum IceCandidateError
{
    None,
    Malformed,

    /// <summary>Not UDP.</summary>
    UnsupportedTransport,

    /// <summary>A host name, mostly an mDNS <c>.local</c> one: nothing here resolves names.</summary>
    HostName,

    UnknownType,
}
