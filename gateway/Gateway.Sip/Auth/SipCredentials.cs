namespace Gateway.Sip.Auth;

/// <summary>A user and password for digest authentication (RFC 8760, RFC 2617).</summary>
public sealed record SipCredentials(string User, string Password)
{
    /// <summary>Secrets have no text form.</summary>
    public override string ToString() => nameof(SipCredentials);
}
