using System.Text.Json.Nodes;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>One gateway's addresses on loopback, and its configuration.</summary>
public sealed class BenchNode
{
    private const int MediaPorts = 400;

    public int UdpPort { get; } = LoopbackPorts.Take();

    public int TcpPort { get; } = LoopbackPorts.Take();

    public int TlsPort { get; } = LoopbackPorts.Take();

    /// <summary>For phones in browsers, where the settings have them.</summary>
    public int WebSocketPort { get; } = LoopbackPorts.Take();

    private int HttpPort { get; } = LoopbackPorts.Take();

    public string Operations { get; } = $"http://127.0.0.1:{LoopbackPorts.Take()}";

    public string Url => $"http://127.0.0.1:{HttpPort}";

    public string WebhookUrl => Url + "/webhooks/whatsapp";

    /// <summary>The name that its call records carry.</summary>
    public string Node { get; } = "bench-" + Guid.NewGuid().ToString("n")[..8];

    public JsonObject Configuration(GatewaySettings settings, string graphUrl, Stores stores, string certificate)
    {
        var media = LoopbackPorts.Take(MediaPorts);
        var root = new JsonObject
        {
            ["node"] = new JsonObject { ["id"] = Node, ["drainDeadline"] = settings.DrainDeadline, ["maxCalls"] = settings.MaxCalls,
                ["clusterKeys"] = new JsonArray([.. settings.ClusterKeys.Select(key => JsonValue.Create(key))]) },
            ["http"] = new JsonObject { ["listen"] = Url, ["operations"] = Operations },
            ["whatsApp"] = new JsonObject
            {
                ["appSecrets"] = new JsonArray(GatewayUnderTest.AppSecret),
                ["verifyToken"] = "interop-verify",
                ["graph"] = new JsonObject { ["baseUrl"] = graphUrl },
            },
            ["sip"] = new JsonObject
            {
                ["listen"] = new JsonArray(
                    $"udp:127.0.0.1:{UdpPort}", $"udp:[::1]:{UdpPort}", $"tcp:127.0.0.1:{TcpPort}", $"tls:127.0.0.1:{TlsPort}"),
                ["tls"] = new JsonObject { ["certificatePath"] = certificate, ["keyPath"] = certificate, ["authorityPath"] = certificate },
                ["profiles"] = settings.Profiles,
                ["trunks"] = new JsonArray([.. settings.Trunks.Select(trunk => trunk.DeepClone())]),
            },
            ["channels"] = new JsonArray([.. settings.Channels.Select(Channel)]),
            ["media"] =
                // the machine of the tests is busy with other things
                new JsonObject { ["maxLoadPercent"] = 100, ["maxProcessPercent"] = 100, ["pbx"] =
                new JsonObject { ["bindings"] = new JsonArray(new JsonObject { ["bind"] = "127.0.0.1" }, new JsonObject { ["bind"] =
                "::1" }), ["portMin"] = media, ["portMax"] = media + MediaPorts - 1, ["quarantine"] = settings.Quarantine } },
            ["storage"] = new JsonObject
            {
                ["postgres"] = stores.Postgres,
                ["redis"] = stores.Redis,
                ["spool"] = Path.Combine(AppContext.BaseDirectory, "spool"),
                ["agentsTimeout"] = "00:00:10", // on a crowded machine too, agents are chosen by what Redis says
            },
            ["calls"] = settings.Calls.DeepClone(),
            ["recording"] = new JsonObject { ["folder"] = settings.RecordingFolder },
        };
        if (settings.HasWebSocket)
            root["sip"]!["listen"]!.AsArray().Add($"ws:127.0.0.1:{WebSocketPort}");
        if (settings.Registrar is { } registrar)
            root["sip"]!["registrar"] = registrar.DeepClone();
        return root;
    }

    private static JsonObject Channel(BenchChannel channel) => new()
    {
        ["phoneNumberId"] = channel.PhoneNumberId,
        ["number"] = channel.Number,
        ["accessToken"] = GatewayUnderTest.Token,
        ["trunks"] = new JsonArray([.. channel.Trunks.Select(name => JsonValue.Create(name))]),
        ["target"] = channel.Target,
    };
}
