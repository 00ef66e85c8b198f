using System.Text.Json.Nodes;
using Interop.Asterisk;
using Interop.Bench;
using Testing;
using Testing.Peers;

namespace Interop.Sipp;

/// <summary>A PBX played by SIPp: a trunk of the gateway, with an address of its own.</summary>
public sealed record SippPbx(string Trunk, string Address)
{
    public int Port { get; } = LoopbackPorts.Take();

    public string Server => $"{Address}:{Port}";
}

/// <summary>
/// The gateway with a trunk for every kind of PBX that the scenarios play, each with a WhatsApp number whose calls go over it.
/// </summary>
public sealed class SippBench(Stores stores) : CallBench(stores)
{
    public const string User = "gateway", Password = "open sesame";
    public const string AgentUser = "agents", AgentPassword = "let-me-in";

    public static readonly SippPbx Plain = new("plain", "127.0.7.1");

    /// <summary>Gets INVITEs without SDP.</summary>
    public static readonly SippPbx Delayed = new("delayed", "127.0.7.2");

    /// <summary>Challenges the gateway, and is challenged by it.</summary>
    public static readonly SippPbx Guarded = new("guarded", "127.0.7.3");

    public static readonly SippPbx Secure = new("secure", "127.0.7.4");

    public static readonly SippPbx Tcp = new("tcp", "127.0.7.5");

    /// <summary>The gateway's certificate names 127.0.0.1, and so must the server it trusts.</summary>
    public static readonly SippPbx Tls = new("tls", "127.0.0.1");

    /// <summary>Its calls go to <see cref="Second"/> when it cannot accept them.</summary>
    public static readonly SippPbx First = new("first", "127.0.7.6");

    public static readonly SippPbx Second = new("second", "127.0.7.7");

    /// <summary>Supports keys in INFO only.</summary>
    public static readonly SippPbx Info = new("info", "127.0.7.9");

    /// <summary>Vanishes in mid-call. The gateway's further messages must not reach the next scenario, so its address is its own.</summary>
    public static readonly SippPbx Vanishing = new("vanishing", "127.0.7.10");

    /// <summary>An address of no trunk.</summary>
    public static readonly SippPbx UnexpectedSource = new("none", "127.0.7.99");

    private static readonly Dictionary<string,
    BenchChannel> Channels = new[] { Plain, Delayed, Guarded, Secure, Tcp, Tls, Info, Vanishing, First }
        .Select((pbx, i) => new BenchChannel($"155500020{i:00}", pbx == First ? [First.Trunk, Second.Trunk] : [pbx.Trunk]))
        .ToDictionary(channel => channel.Trunks[0]);

    public string CertificatePath => Certificate;

    protected override AsteriskOptions? PbxOptions => null;

    protected override GatewaySettings Settings => new()
    {
        Profiles = SippProfiles.WriteTo(Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Certificate)!, "profiles")).FullName),
        Channels = [.. Channels.Values],
        Trunks =
        [
            Trunk(Plain),
            Trunk(Delayed, ("delayedOffer", true)),
            Trunk(
                Guarded, ("user", User), ("password", Password), ("inboundUser", AgentUser), ("inboundPassword", AgentPassword)),
            Trunk(Secure, ("srtp", "Required")),
            Trunk(Tcp, ("transport", "Tcp")),
            Trunk(Tls, ("transport", "Tls")),
            Trunk(Info, ("profile", SippProfiles.InfoName)),
            Trunk(Vanishing),
            Trunk(First, ("requestTimeout", "00:00:01")),
            Trunk(Second, ("requestTimeout", "00:00:01"), ("channel", Channels[First.Trunk].PhoneNumberId)),
        ],
    };

    public static BenchChannel Channel(SippPbx pbx) => Channels[pbx.Trunk];

    /// <summary>Another phone at the address of this PBX, so that its calls come over the same trunk.</summary>
    public static SippPbx PhoneAt(SippPbx pbx) => new(pbx.Trunk, pbx.Address);

    /// <summary>SIPp answers one call with this scenario.</summary>
    public Task<SippRun> AnswerAsync(SippPbx pbx, string scenario, params ReadOnlySpan<(string Key, string Value)> keys) =>
        SippRun.AnswerAsync(new SippOptions(scenario, pbx) { OverTcp = pbx == Tcp, Keys = [.. keys] });

    /// <summary>SIPp places one call to this WhatsApp user.</summary>
    public SippRun Call(SippPbx pbx, string user, string scenario, params ReadOnlySpan<(string Key, string Value)> keys) =>
        SippRun.Call(new SippOptions(scenario, pbx) { OverTcp = pbx == Tcp, Keys = [.. keys] },
            $"127.0.0.1:{(pbx == Tcp ? Gateway.TcpPort : Gateway.UdpPort)}", "+" + user);

    /// <summary>A new user calls the number of this PBX.</summary>
    public async Task<UserCall> UserCallsAsync(SippPbx pbx) => await WhatsApp.CallAsync(await WhatsApp.UserAsync(), Channel(pbx), "");

    private static JsonObject Trunk(SippPbx pbx, params ReadOnlySpan<(string, JsonNode?)> more)
    {
        var trunk = GatewaySettings.Trunk(pbx.Trunk, pbx.Port, [("server", pbx.Server), ("profile", SippProfiles.Name)]);
        if (Channels.TryGetValue(pbx.Trunk, out var channel))
            trunk["channel"] = channel.PhoneNumberId;
        foreach (var (key, value) in more)
            trunk[key] = value;
        return trunk;
    }
}
