namespace Media.Native.Net;

/// <summary>The reason a socket could not be opened on an address.</summary>
public enum UdpBindError
{
    None,

    /// <summary>Another socket has this port.</summary>
    AddressInUse,

    /// <summary>No interface of this host has this address, or it has no IPv6.</summary>
    AddressNotAvailable,

    /// <summary>A port below 1024 without the right to it.</summary>
    AccessDenied,

    /// <summary>The process or the system is out of file descriptors (raise LimitNOFILE).</summary>
    TooManyDescriptors,
    Other,
}
