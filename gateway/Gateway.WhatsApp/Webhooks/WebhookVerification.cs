using System.Security.Cryptography;
using System.Text;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>
/// The subscription handshake: <c>GET ?hub.mode=subscribe&amp;hub.challenge=N&amp;hub.verify_token=T</c> is answered with the bare
/// challenge.
/// </summary>
public static class WebhookVerification
{
    private const int MaxChallengeLength = 256;

    /// <summary>False when the mode, the token or the challenge is wrong; the caller then answers 403.</summary>
    public static bool TryAnswer(string? mode, string? token, string? challenge, string expectedToken, out string answer)
    {
        answer = "";
        if (mode != "subscribe" || token is null || string.IsNullOrEmpty(expectedToken))
            return false;
        if (string.IsNullOrEmpty(challenge) || challenge.Length > MaxChallengeLength || !challenge.All(char.IsAsciiLetterOrDigit))
            return false;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(expectedToken)))
            return false;
        answer = challenge;
        return true;
    }
}
