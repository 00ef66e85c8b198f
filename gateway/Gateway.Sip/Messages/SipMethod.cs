namespace Gateway.Sip.Messages;

/// <summary>
/// A SIP method: a case-sensitive token (RFC 3261 §7.1). Unknown methods are kept as they came, so that they can be refused by name.
/// </summary>
public readonly record struct SipMethod(string Name)
{
    public static readonly SipMethod Invite = new("INVITE");
    public static readonly SipMethod Ack = new("ACK");
    public static readonly SipMethod Bye = new("BYE");
    public static readonly SipMethod Cancel = new("CANCEL");
    public static readonly SipMethod Options = new("OPTIONS");
    public static readonly SipMethod Register = new("REGISTER");
    /// <summary>RFC 3262.</summary>
    public static readonly SipMethod Prack = new("PRACK");
    /// <summary>RFC 3311.</summary>
    public static readonly SipMethod Update = new("UPDATE");
    /// <summary>RFC 6086.</summary>
    public static readonly SipMethod Info = new("INFO");
    /// <summary>RFC 3515.</summary>
    public static readonly SipMethod Refer = new("REFER");
    /// <summary>RFC 6665.</summary>
    public static readonly SipMethod Subscribe = new("SUBSCRIBE");
    /// <summary>RFC 6665.</summary>
    public static readonly SipMethod Notify = new("NOTIFY");
    /// <summary>RFC 3428.</summary>
    public static readonly SipMethod Message = new("MESSAGE");

    /// <summary>False when <paramref name="text"/> is not a token.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SipMethod method)
    {
        method = default;
        if (text.Length > SipLimits.MaxMethodChars || !SipGrammar.IsToken(text))
            return false;
        method = new SipMethod(text.ToString());
        return true;
    }

    public override string ToString() => Name;
}
