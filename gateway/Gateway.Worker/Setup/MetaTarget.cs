using Gateway.Worker.Configuration;

namespace Gateway.Worker.Setup;

/// <summary>What the configuration does not name.</summary>
/// <param name="App">The Meta app's id.</param>
/// <param name="Account">The WhatsApp Business account's id.</param>
/// <param name="Url">The public address of the reverse proxy: "https://voice.example.com".</param>
internal sealed record MetaTarget(string App, string Account, Uri? Url)
{
    /// <summary>The webhook as Meta reaches it.</summary>
    public Uri Webhook(GatewayOptions options) => new(Url!, options.Http.WebhookPath);
}
