namespace Gateway.Sip.Auth;

/// <summary>Hash functions of digest authentication, weakest first (RFC 8760 §2.1).</summary>
public enum DigestAlgorithm
{
    Md5,
    Sha256,
    Sha512256,
}
