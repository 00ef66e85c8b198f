namespace Gateway.Calls;

/// <summary>
/// A person on WhatsApp as one business knows them. Since usernames exist, the phone number may be absent; then the business-scoped user id
/// (BSUID, `US.1349…`) is the only identifier (Meta: "Business-scoped user IDs").
/// </summary>
/// <param name="Phone">Digits with country code and without "+", or null.</param>
/// <param name="UserId">The BSUID, or null.</param>
/// <param name="ParentUserId">The portfolio-wide BSUID, or null.</param>
/// <param name="Name">Profile name as the user chose it: untrusted text, or null.</param>
/// <param name="UserName">The WhatsApp username, or null.</param>
public sealed record WhatsAppUser(
    string? Phone, string? UserId = null, string? ParentUserId = null, string? Name = null, string? UserName = null)
{
    /// <summary>The identifier that Graph accepts and that is sent to the PBX as caller: the number where there is one.</summary>
    public string Handle => Phone ?? UserId ?? "anonymous";

    /// <summary>The tail of the handle: enough to recognise a call in a log, not enough to find a person.</summary>
    public override string ToString() => Handle.Length <= 4 ? "…" : "…" + Handle[^4..];
}
