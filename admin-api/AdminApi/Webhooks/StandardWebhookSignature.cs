using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AdminApi.Webhooks;

/// <summary>Standard Webhooks 1.0, "Signature scheme": HMAC-SHA256 over `ID.TIMESTAMP.BODY`, base64, after `v1,`.</summary>
public static class StandardWebhookSignature
{
    private const string SecretPrefix = "whsec_";

    /// <summary>A new secret of 256 bits.</summary>
    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The header `webhook-signature`: one signature per secret, separated by spaces.</summary>
    public static string Header(IEnumerable<string> secrets, string id, DateTimeOffset at, string body) =>
        string.Join(' ', secrets.Select(secret => "v1," + Of(secret, id, at, body)));

    private static string Of(string secret, string id, DateTimeOffset at, string body) => Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret[SecretPrefix.Length..]),
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}.{body}"))));
}
