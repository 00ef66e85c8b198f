namespace Gateway.Sip.Messages;

/// <summary>A SIP request (RFC 3261 §7.1).</summary>
public sealed class SipRequest(SipMethod method, SipUri uri) : SipMessage
{
    public SipMethod Method { get; } = method;

    /// <summary>The Request-URI.</summary>
    public SipUri Uri { get; set; } = uri;

    /// <summary>
    /// The realms whose challenges this request has answered in its earlier tries (RFC 3261 §22); not part of the message.
    /// </summary>
    public IReadOnlyList<(bool IsProxy, string Realm)> AnsweredChallenges { get; set; } = [];

    public override string StartLine => $"{Method} {Uri} SIP/2.0";
}
