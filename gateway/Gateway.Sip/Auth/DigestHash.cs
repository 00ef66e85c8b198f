using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip.Auth;

/// <summary>The arithmetic of RFC 7616 §3.4 for qop "auth" and for challenges without qop (RFC 2069).</summary>
public static class DigestHash
{
    public static string Name(this DigestAlgorithm algorithm) => algorithm == DigestAlgorithm.Sha256 ? "SHA-256" : "MD5";

    /// <summary>False for the -sess variants and SHA-512-256, which no PBX demands. A missing algorithm means MD5.</summary>
    public static bool TryParse(string? name, out DigestAlgorithm algorithm)
    {
        algorithm = string.Equals(name, "SHA-256", StringComparison.OrdinalIgnoreCase) ? DigestAlgorithm.Sha256 : DigestAlgorithm.Md5;
        return name is null || algorithm == DigestAlgorithm.Sha256 || name.Equals("MD5", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The "response" value in lower-case hexadecimal.</summary>
    public static string Response(DigestAlgorithm algorithm, string user, string realm, string password, string method, DigestProof proof)
    {
        var secret = Hash(algorithm, $"{user}:{realm}:{password}");
        var request = Hash(algorithm, $"{method}:{proof.Uri}");
        return proof.NonceCount is null
            ? Hash(algorithm, $"{secret}:{proof.Nonce}:{request}")
            : Hash(algorithm, $"{secret}:{proof.Nonce}:{proof.NonceCount}:{proof.ClientNonce}:auth:{request}");
    }

    private static string Hash(DigestAlgorithm algorithm, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var hash = algorithm == DigestAlgorithm.Sha256
            ? SHA256.HashData(bytes)
#pragma warning disable CA5351 // MD5 is what RFC 3261 peers speak; SHA-256 is preferred wherever a peer offers it
            : MD5.HashData(bytes);
#pragma warning restore CA5351
        return Convert.ToHexStringLower(hash);
    }
}
