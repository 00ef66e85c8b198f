using System.Security.Cryptography;
using System.Text;

namespace Gateway.Sip.Auth;

/// <summary>
/// The arithmetic of RFC 7616 §3.4: qop "auth" and "auth-int", challenges without qop (RFC 2069), and the "-sess" algorithms.
/// </summary>
public static class DigestHash
{
    private const string SessionSuffix = "-sess";

    /// <summary>As in the algorithm parameter.</summary>
    public static string Name(this DigestAlgorithm algorithm, bool isSession = false) => algorithm switch
    {
        DigestAlgorithm.Sha256 => "SHA-256",
        DigestAlgorithm.Sha512256 => "SHA-512-256",
        _ => "MD5",
    } + (isSession ? SessionSuffix : "");

    /// <summary>False for algorithms that RFC 8760 does not know. A missing one means MD5.</summary>
    public static bool TryParse(string? name, out DigestAlgorithm algorithm, out bool isSession)
    {
        algorithm = DigestAlgorithm.Md5;
        isSession = name is not null && name.EndsWith(SessionSuffix, StringComparison.OrdinalIgnoreCase);
        if (name is null)
            return true;
        var hash = isSession ? name[..^SessionSuffix.Length] : name;
        foreach (var known in Enum.GetValues<DigestAlgorithm>())
        {
            if (!hash.Equals(known.Name(), StringComparison.OrdinalIgnoreCase))
                continue;
            algorithm = known;
            return true;
        }
        return false;
    }

    /// <summary>
    /// The "response" value in lower-case hexadecimal. <paramref name="body"/> counts with <see cref="DigestQop.AuthInt"/> only.
    /// </summary>
    public static string Response(
        DigestAlgorithm algorithm, string user, string realm, string password, string method, DigestProof proof,
        ReadOnlySpan<byte> body = default) =>
        Response(algorithm, Secret(algorithm, user, realm, password), method, proof, body);

    /// <summary>The same from H(A1) as <see cref="Secret"/> makes it.</summary>
    public static string Response(
        DigestAlgorithm algorithm, string secret, string method, DigestProof proof, ReadOnlySpan<byte> body = default)
    {
        if (proof.IsSession)
            secret = Hash(algorithm, $"{secret}:{proof.Nonce}:{proof.ClientNonce}");
        var coversBody = proof.NonceCount is not null && proof.Qop == DigestQop.AuthInt;
        var request = Hash(algorithm, coversBody ? $"{method}:{proof.Uri}:{Hash(algorithm, body)}" : $"{method}:{proof.Uri}");
        return proof.NonceCount is null
            ? Hash(algorithm, $"{secret}:{proof.Nonce}:{request}")
            : Hash(algorithm, $"{secret}:{proof.Nonce}:{proof.NonceCount}:{proof.ClientNonce}:{proof.Qop.Name()}:{request}");
    }

    /// <summary>H(A1) without session: what a server may keep in place of the password.</summary>
    public static string Secret(DigestAlgorithm algorithm, string user, string realm, string password) =>
        Hash(algorithm, $"{user}:{realm}:{password}");

    /// <summary>As in the qop parameter; null without one.</summary>
    internal static string? Name(this DigestQop qop) => qop switch
    {
        DigestQop.Auth => "auth",
        DigestQop.AuthInt => "auth-int",
        _ => null,
    };

    private static string Hash(DigestAlgorithm algorithm, string text) => Hash(algorithm, Encoding.UTF8.GetBytes(text));

    private static string Hash(DigestAlgorithm algorithm, ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(algorithm switch
    {
        DigestAlgorithm.Sha512256 => Sha512256.HashData(bytes),
        DigestAlgorithm.Sha256 => SHA256.HashData(bytes),
#pragma warning disable CA5351 // MD5 is what RFC 3261 peers speak; a stronger one is preferred wherever a peer offers it
        _ => MD5.HashData(bytes),
#pragma warning restore CA5351
    });
}
