namespace Gateway.Sip.Messages;

/// <summary>The checks of a user agent client on a response besides its transaction.</summary>
public static class ResponseValidator
{
    /// <summary>
    /// False: drop it. A response with more than one Via was meant for somebody behind a proxy, or is forged (RFC 3261 §8.1.3.3, RFC 4475
    /// §3.3.10).
    /// </summary>
    public static bool IsForUs(SipResponse response) => !response.Headers.All("Via").Skip(1).Any();
}
