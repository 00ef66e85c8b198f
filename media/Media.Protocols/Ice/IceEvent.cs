using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

public enum IceEventKind
{
    /// <summary>A pair has been nominated: media may flow on <see cref="IceEvent.Path"/>.</summary>
    Connected,

    /// <summary>Only as the controlled side: the peer nominated a better pair later on.</summary>
    PathChanged,

    /// <summary>No pair was nominated; terminal.</summary>
    Failed,

    /// <summary>The peer no longer proves that it wants our traffic (RFC 7675): send nothing more; terminal.</summary>
    ConsentLost,
}

/// <summary>The reason an agent failed; one closed set for logs, metrics and call records.</summary>
public enum IceFailure
{
    None,

    /// <summary>The peer gave no candidate of a family we have, and none of its checks arrived.</summary>
    NoPairs,

    /// <summary>No check was answered and none arrived: a firewall or a wrong address.</summary>
    NoAnswer,

    /// <summary>Checks were answered with errors only: mostly wrong credentials.</summary>
    Refused,

    /// <summary>Checks worked, but nomination never completed.</summary>
    NotNominated,
}

/// <summary>The two ends of a working path.</summary>
/// <param name="Local">The local socket's address, to send from.</param>
/// <param name="Remote">The address to send to.</param>
/// <param name="Mapped">Our own address as the peer sees it; none for a lite agent.</param>
public readonly record struct IcePath(TransportAddress Local, TransportAddress Remote, TransportAddress Mapped);

/// <summary>An event of an agent.</summary>
/// <param name="Kind">The kind of event.</param>
/// <param name="Path">The selected path, with <see cref="IceEventKind.Connected"/> and <see cref="IceEventKind.PathChanged"/>.</param>
/// <param name="Failure">The reason, with <see cref="IceEventKind.Failed"/>.</param>
public readonly record struct IceEvent(IceEventKind Kind, IcePath Path, IceFailure Failure);
