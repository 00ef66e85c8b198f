namespace Media.Protocols.Rtp;

/// <summary>The reason bytes are not an RTP packet.</summary>
public enum RtpReadError
{
    None,
    /// <summary>Shorter than the fixed header.</summary>
    TooShort,
    /// <summary>The version is not 2.</summary>
    BadVersion,
    /// <summary>The contributing sources run past the end.</summary>
    TruncatedCsrcList,
    /// <summary>The header extension runs past the end.</summary>
    TruncatedExtension,
    /// <summary>The padding count is zero or larger than the payload.</summary>
    BadPadding,
}
