namespace Gateway.Sip.Auth;

/// <summary>
/// The secrets that a user's proofs are checked by: the password, or hashes of user, realm and password (H(A1) of RFC 7616 §3.4.2) made for
/// one realm. Either is enough to be that user, so both are kept like passwords.
/// </summary>
public sealed record DigestSecrets
{
    public string? Password { get; init; }

    /// <summary>H(A1) by MD5, lower-case hexadecimal; null: such proofs count as wrong unless <see cref="Password"/> is known.</summary>
    public string? Md5 { get; init; }

    /// <summary>H(A1) by SHA-256, lower-case hexadecimal.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Null: this algorithm cannot be checked.</summary>
    internal string? For(DigestAlgorithm algorithm, string user, string realm) =>
        Password is { } password ? DigestHash.Secret(algorithm, user, realm, password)
        : algorithm switch
        {
            DigestAlgorithm.Md5 => Md5,
            DigestAlgorithm.Sha256 => Sha256,
            _ => null,
        };

    /// <summary>Secrets have no text form.</summary>
    public override string ToString() => nameof(DigestSecrets);
}
