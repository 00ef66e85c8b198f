namespace Gateway.WhatsApp.Webhooks;

/// <summary>
/// The app secrets and the verify token, by which Meta proves itself; they may be replaced while requests come. Thread-safe.
/// </summary>
/// <exception cref="ArgumentException">No app secret, or an empty one.</exception>
public sealed class WebhookSecrets(IReadOnlyCollection<string> appSecrets, string verifyToken)
{
    private volatile Pair _pair = new(new WebhookSignature(appSecrets), verifyToken);

    internal WebhookSignature Signature => _pair.Signature;

    internal string VerifyToken => _pair.VerifyToken;

    /// <param name="appSecrets">The newest first.</param>
    /// <param name="verifyToken">The token typed into Meta's webhook form.</param>
    /// <exception cref="ArgumentException">No app secret, or an empty one; the previous ones stay.</exception>
    public void Replace(IReadOnlyCollection<string> appSecrets, string verifyToken) =>
        _pair = new Pair(new WebhookSignature(appSecrets), verifyToken);

    private sealed class Pair(WebhookSignature signature, string verifyToken)
    {
        public WebhookSignature Signature => signature;

        public string VerifyToken => verifyToken;
    }
}
