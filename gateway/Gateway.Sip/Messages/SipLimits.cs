namespace Gateway.Sip.Messages;

/// <summary>The limits of what a peer may make us keep. Everything above is refused with a reason, never truncated in silence.</summary>
public static class SipLimits
{
    /// <summary>A whole message, start line to end of body, in bytes. The largest UDP payload; the same bound serves streams.</summary>
    public const int MaxMessageBytes = 65_536;

    /// <summary>Start line and header fields together, in bytes.</summary>
    public const int MaxHeaderBytes = 32_768;

    /// <summary>Header field values after lists were split: so many necessary ones, and so many others.</summary>
    public const int MaxHeaders = 256;

    /// <summary>Parameters of one URI or one header value.</summary>
    public const int MaxParameters = 64;

    /// <summary>No registered method has more than 9 characters; RFC 4475 §3.1.1.2 tries 34.</summary>
    public const int MaxMethodChars = 64;
}
