namespace Gateway.Sip.Messages;

/// <summary>The reason why bytes are not an acceptable SIP message. A closed set: it is a metric label.</summary>
public enum SipParseFault
{
    None,
    /// <summary>Nothing but line ends: a keepalive, not an error (RFC 5626 §3.5.1).</summary>
    KeepAlive,
    TooLarge,
    /// <summary>The empty line after the headers is missing.</summary>
    NoEndOfHeaders,
    BadStartLine,
    UnsupportedVersion,
    BadRequestUri,
    BadStatusCode,
    TooManyHeaders,
    MissingHeader,
    RepeatedHeader,
    BadHeaderValue,
    BadContentLength,
    /// <summary>Fewer body bytes than Content-Length promises.</summary>
    BodyTooShort,
    /// <summary>CSeq and start line name different methods.</summary>
    MethodMismatch,
}

/// <summary>
/// A refusal with its reason. For a request whose headers could be read, <paramref name="Request"/> holds what there is of it, and
/// <see cref="CreateResponse"/> makes the answer; a response that cannot be read is dropped.
/// </summary>
/// <param name="Fault">The reason.</param>
/// <param name="HeaderName">The header at fault; empty when it is not about one.</param>
/// <param name="Request">What could be read; null for responses and for what is no request at all.</param>
public readonly record struct SipParseError(SipParseFault Fault, string HeaderName = "", SipRequest? Request = null)
{
    /// <summary>The status RFC 3261 §8.2 and §16.3 give to this fault.</summary>
    public int StatusCode => Fault switch
    {
        SipParseFault.UnsupportedVersion => 505,
        SipParseFault.TooLarge or SipParseFault.TooManyHeaders => 513,
        _ => 400,
    };

    /// <summary>Null when there is nobody to answer: no request, an ACK, or none of the headers a response needs.</summary>
    public SipResponse? CreateResponse(string toTag)
    {
        if (Request is null || Request.Method == SipMethod.Ack)
            return null;
        foreach (var name in (ReadOnlySpan<string>)["Via", "CSeq"])
        {
            if (!Request.Headers.Contains(name))
                return null;
        }
        var phrase = HeaderName.Length == 0 ? $"Bad Request ({Fault})" : $"Bad Request ({Fault} {HeaderName})";
        return SipResponse.CreateFor(Request, StatusCode, toTag, StatusCode == 400 ? phrase : null);
    }

    public override string ToString() => HeaderName.Length == 0 ? Fault.ToString() : $"{Fault} {HeaderName}";
}
