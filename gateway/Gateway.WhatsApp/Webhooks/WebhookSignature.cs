using System.Security.Cryptography;
using System.Text;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>
/// Checks the <c>X-Hub-Signature-256</c> header: <c>sha256=</c> and the hex HMAC-SHA256 of the raw body under the app secret. Several
/// secrets are accepted so that one can be rotated without losing a webhook; each is tried in constant time.
/// </summary>
public sealed class WebhookSignature
{
    public const string HeaderName = "X-Hub-Signature-256";

    private const string Prefix = "sha256=";
    private readonly byte[][] _secrets;

    /// <exception cref="ArgumentException">No secret, or an empty one: an unsigned endpoint is never intended.</exception>
    public WebhookSignature(IReadOnlyCollection<string> appSecrets)
    {
        ArgumentNullException.ThrowIfNull(appSecrets);
        if (appSecrets.Count == 0 || appSecrets.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("At least one app secret is required, and none may be empty.", nameof(appSecrets));
        _secrets = [.. appSecrets.Select(Encoding.UTF8.GetBytes)];
    }

    public bool Matches(ReadOnlySpan<byte> body, string? header)
    {
        if (header is null || header.Length != Prefix.Length + (2 * SHA256.HashSizeInBytes)
            || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return false;

        Span<byte> claimed = stackalloc byte[SHA256.HashSizeInBytes];
        if (Convert.FromHexString(header.AsSpan(Prefix.Length), claimed, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;

        Span<byte> computed = stackalloc byte[SHA256.HashSizeInBytes];
        var matches = false;
        foreach (var secret in _secrets)
        {
            HMACSHA256.HashData(secret, body, computed);
            matches |= CryptographicOperations.FixedTimeEquals(claimed, computed);
        }
        return matches;
    }

    /// <summary>The header value for a body, as Meta sends it and as a load test needs it.</summary>
    public static string Sign(ReadOnlySpan<byte> body, string appSecret) =>
        Prefix + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(appSecret), body));
}
