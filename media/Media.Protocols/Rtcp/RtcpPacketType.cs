namespace Media.Protocols.Rtcp;

/// <summary>RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2). Others may appear and are to be skipped.</summary>
public enum RtcpPacketType : byte
{
    None = 0,
    SenderReport = 200,
    ReceiverReport = 201,
    SourceDescription = 202,
    Goodbye = 203,
    ApplicationDefined = 204,
    TransportFeedback = 205,
    PayloadFeedback = 206,
    ExtendedReport = 207,
}

/// <summary>The reason bytes are not an RTCP compound packet.</summary>
public enum RtcpReadError
{
    None,
    /// <summary>Empty, or fewer bytes left than a header has.</summary>
    TooShort,
    /// <summary>The version of some packet is not 2.</summary>
    BadVersion,
    /// <summary>A packet says it is longer than what is there.</summary>
    Truncated,
    /// <summary>Padding before the last packet, or a padding count that does not fit it.</summary>
    BadPadding,
}
