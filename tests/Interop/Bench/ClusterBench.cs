using System.Text.Json.Nodes;
using Gateway.Sip.Endpoint;
using Interop.Asterisk;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>Two nodes and no PBX: WhatsApp's webhooks go to the first, and phones register at the second.</summary>
public sealed class ClusterBench(Stores stores) : CallBench(stores)
{
    public const double Hertz = 700;
    public const string User = "alice", Password = "open-sesame";

    public static readonly BenchChannel Channel = new("15550007000", "phones") { Target = User };

    private readonly Stores _stores = stores;
    private readonly GatewayUnderTest _second = new();

    protected override GatewaySettings Settings => new()
    {
        Channels = [Channel],
        Trunks = [],
        Registrar = new JsonObject
        {
            ["enabled"] = true,
            ["realm"] = "phones.example",
            ["clusterSecret"] = new string('s', 32),
            ["phones"] = new JsonArray(new JsonObject { ["user"] = User, ["password"] = Password }),
        },
    };

    protected override AsteriskOptions? PbxOptions => null;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await _second.StartAsync(Settings, WhatsApp.Url + "/", _stores, Certificate);
    }

    public override async Task DisposeAsync()
    {
        await _second.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>A phone that is registered at the second node, as the first one knows.</summary>
    public async Task<Baresip> PhoneAsync(string transport)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var port = transport == "tcp" ? _second.TcpPort : transport == "tls" ? _second.TlsPort : _second.UdpPort;
        var phone = await Baresip.StartAsync(
            new BaresipOptions
            {
                User = User, Password = Password, Registrar = $"127.0.0.1:{port}", Transport = transport, AutoAnswer = true,
                ToneHertz = Hertz, Certificate = Certificate,
            },
            timeout.Token);
        await KnownAsync(1);
        return phone;
    }

    /// <summary>Waits until the first node knows so many phones, all of them at the second.</summary>
    public Task KnownAsync(int phones) => Eventually.SeeAsync(
        () => Gateway.Part<SipEndpoint>().ContactsOf(User) is var known && known.Count == phones
            && known.All(contact => contact.Node == _second.Node),
        $"the first node knows {phones} phone(s)");
}
