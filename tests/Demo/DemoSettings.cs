using System.Security.Cryptography;
using System.Text.Json;

namespace Demo;

/// <summary>
/// The names, numbers and secrets of one demonstration, and the share of them that each program gets. Secrets are generated for each run
/// and travel in the environment; the gateway's configuration file only names them, as a real one should.
/// </summary>
internal sealed record DemoSettings(DemoPorts Ports, string Postgres, string Redis)
{
    public const string BusinessNumber = "15550009000";
    public const string UserPhone = "15551230001";
    public const string UserName = "Ada";
    public const string SecondUserPhone = "15551230002";
    public const string SecondUserName = "Grace";
    public const string Agent = "agent";

    public const string PhoneNumberId = "100200300400";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public string AdminKey { get; } = Secret();

    /// <summary>Of the agents' phones, which register with the gateway.</summary>
    public string PhonePassword { get; } = Secret();

    private string AppSecret { get; } = Secret();

    private string AccessToken { get; } = Secret();

    private string VerifyToken { get; } = Secret();

    /// <summary>By which the nodes ring each other's phones.</summary>
    private string ClusterSecret { get; } = Secret();

    /// <summary>With which the nodes leave their live calls for each other.</summary>
    private string ClusterKey { get; } = "demo:" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public IReadOnlyDictionary<string, string> GatewayEnvironment => new Dictionary<string, string>
    {
        ["GATEWAY_POSTGRES"] = Postgres,
        ["GATEWAY_REDIS"] = Redis,
        ["WHATSAPP_APP_SECRET"] = AppSecret,
        ["WHATSAPP_TOKEN"] = AccessToken,
        ["WHATSAPP_VERIFY_TOKEN"] = VerifyToken,
        ["PHONE_PASSWORD"] = PhonePassword,
        ["CLUSTER_SECRET"] = ClusterSecret,
        ["CLUSTER_KEY"] = ClusterKey,
    };

    public IReadOnlyDictionary<string, string> AdminEnvironment => new Dictionary<string, string>
    {
        ["urls"] = Ports.AdminApi,
        ["AdminApi__Key"] = AdminKey,
        ["AdminApi__Postgres"] = Postgres,
        ["AdminApi__Redis"] = Redis,
        ["AdminApi__Phone__Nodes"] = string.Join(',', Ports.Nodes.Select(node => $"ws://127.0.0.1:{node.WebSocket}")),
    };

    public IReadOnlyDictionary<string, string> SandboxEnvironment => new Dictionary<string, string>
    {
        ["urls"] = Ports.WhatsApp,
        ["Sandbox__Numbers__0__PhoneNumberId"] = PhoneNumberId,
        ["Sandbox__Numbers__0__DisplayNumber"] = BusinessNumber,
        ["Sandbox__Numbers__0__AccessToken"] = AccessToken,
        ["Sandbox__Numbers__0__AppSecret"] = AppSecret,
        ["Sandbox__Numbers__0__WebhookUrl"] = string.Join(',', Ports.Nodes.Select(node => node.Gateway + "/webhooks/whatsapp")),
    };

    /// <param name="node">Whose it is.</param>
    /// <param name="deskPhonePort">The port on which the desk phone listens.</param>
    public string GatewayConfiguration(DemoNode node, int deskPhonePort) => JsonSerializer.Serialize(
        new
        {
            node = new
            {
                id = node.Id, drainDeadline = "00:00:01", lostAfter = "00:00:05", clusterKeys = new[] { "${env:CLUSTER_KEY}" },
            },
            http = new { listen = node.Gateway, operations = node.Health },
            whatsApp = new
            {
                appSecrets = new[] { "${env:WHATSAPP_APP_SECRET}" },
                verifyToken = "${env:WHATSAPP_VERIFY_TOKEN}",
                graph = new { baseUrl = Ports.WhatsApp + "/" },
            },
            sip = new
            {
                listen = new[] { $"udp:127.0.0.1:{node.Sip}", $"tcp:127.0.0.1:{node.Sip}", $"ws:127.0.0.1:{node.WebSocket}" },
                trunks = new[]
                {
                    // Any SIP phone on this machine may dial as well.
                    new { name =
                        "desk", server = $"127.0.0.1:{deskPhonePort}", profile = "generic", allowedSources = new[] { "127.0.0.0/8" } },
                },
                registrar = new
                {
                    enabled = true, realm = "demo", clusterSecret = "${env:CLUSTER_SECRET}",
                    phones = DemoGroup.Agents.Select(user => new { user, password = "${env:PHONE_PASSWORD}" }),
                },
            },
            channels = new[]
            {
                new { phoneNumberId = PhoneNumberId, number =
                    BusinessNumber, accessToken = "${env:WHATSAPP_TOKEN}", trunks = new[] { "desk" }, target = Agent },
            },
            media = new { pbx = new { portMin = node.MediaFirst, portMax = node.MediaLast } },
            storage = new { postgres = "${env:GATEWAY_POSTGRES}", redis = "${env:GATEWAY_REDIS}" },
        },
        Indented);

    private static string Secret() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
