using System.Text.Json.Nodes;
using Interop.Asterisk;
using Interop.Sipp;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>
/// No PBX: phones register with the gateway itself, which challenges them with MD5 only: SIPp reads nothing else, and baresip 1.0 gives up
/// when it is offered SHA-256 too.
/// </summary>
public sealed class PhonesBench(Stores stores) : CallBench(stores)
{
    public const double Hertz = 700;
    public const string User = "alice", Password = "open-sesame";

    public static readonly BenchChannel Channel = new("15550007001", "phones") { Target = User };

    protected override GatewaySettings Settings => new()
    {
        Channels = [Channel],
        Trunks = [],
        Profiles = SippProfiles.WriteTo(Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Certificate)!, "profiles")).FullName),
        Registrar = new JsonObject
        {
            ["enabled"] = true,
            ["realm"] = "phones.example",
            ["profile"] = SippProfiles.Name,
            ["phones"] = new JsonArray(new JsonObject { ["user"] = User, ["password"] = Password }),
        },
    };

    protected override AsteriskOptions? PbxOptions => null;

    /// <summary>The gateway's address for this transport.</summary>
    public string Registrar(string transport) => "127.0.0.1:" + transport switch
    {
        "tcp" => Gateway.TcpPort,
        "tls" => Gateway.TlsPort,
        _ => Gateway.UdpPort,
    };

    public async Task<Baresip> PhoneAsync(string transport, string password = Password)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        return await Baresip.StartAsync(
            new BaresipOptions
            {
                User = User, Password = password, Registrar = Registrar(transport), Transport = transport, AutoAnswer = true,
                ToneHertz = Hertz, Certificate = Certificate,
            },
            timeout.Token);
    }

    /// <summary>Waits until so many phones are registered.</summary>
    public Task RegisteredAsync(int count) => Eventually.SeeAsync(
        () => Gateway.MetricAsync("gateway_sip_registered_contacts"), seen => seen == count, $"{count} phones are registered");

    public Task<double> ResultsAsync(string result) => Gateway.MetricAsync("gateway_sip_registrations_total", $"result=\"{result}\"");
}
