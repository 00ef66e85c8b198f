using System.Text.Json.Nodes;
using Interop.Asterisk;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>
/// The bench of most suites: one Asterisk behind one gateway, with a trunk for each way to negotiate, each on a port of its own and each
/// with a WhatsApp number whose calls go over it.
/// </summary>
public sealed class AsteriskBench(Stores stores) : CallBench(stores)
{
    /// <summary>G.711 µ-law over UDP: what most tests use.</summary>
    public static readonly BenchChannel Plain = new("15550001000", "plain");

    public static readonly BenchChannel Alaw = new("15550001001", "alaw");

    public static readonly BenchChannel Wideband = new("15550001002", "g722");

    public static readonly BenchChannel Tcp = new("15550001003", "tcp");

    /// <summary>TLS with SDES-SRTP.</summary>
    public static readonly BenchChannel Secure = new("15550001004", "secure");

    /// <summary>Asterisk signals hold by re-INVITE instead of playing music itself.</summary>
    public static readonly BenchChannel HoldPassed = new("15550001005", "hold");

    /// <summary>Asterisk moves media by re-INVITE, to flow between gateway and phone directly.</summary>
    public static readonly BenchChannel Direct = new("15550001006", "direct");

    /// <summary>INVITE without SDP.</summary>
    public static readonly BenchChannel Delayed = new("15550001007", "delayed");

    /// <summary>Opus from end to end: nothing is transcoded in the gateway.</summary>
    public static readonly BenchChannel Opus = new("15550001008", "opus");

    /// <summary>40 ms a packet.</summary>
    public static readonly BenchChannel Forty = new("15550001009", "forty");

    /// <summary>SDES-SRTP with the short authentication tag, over UDP.</summary>
    public static readonly BenchChannel ShortTag = new("15550001010", "short-tag");

    /// <summary>Keys beside plain RTP, and RTP and RTCP on one port.</summary>
    public static readonly BenchChannel Optimistic = new("15550001011", "optimistic");

    /// <summary>Signalling and media over IPv6.</summary>
    public static readonly BenchChannel Six = new("15550001012", "six");

    /// <summary>Provisional responses are reliable (PRACK) or none.</summary>
    public static readonly BenchChannel Reliable = new("15550001013", "reliable");

    public static readonly BenchChannel[] All =
        [Plain, Alaw, Wideband, Tcp, Secure, HoldPassed, Direct, Delayed, Opus, Forty, ShortTag, Optimistic, Six, Reliable];

    public const string AnnsNumber = "201";

    public const string BensNumber = "202";

    /// <summary>Asterisk's own port by trunk.</summary>
    private readonly Dictionary<string, int> _ports = All.ToDictionary(channel => channel.Trunks[0], _ => LoopbackPorts.Take());

    protected override GatewaySettings Settings => new()
    {
        Channels = All,
        Trunks =
        [
            Trunk(Plain, "Pcmu"),
            Trunk(Alaw, "Pcma"),
            Trunk(Wideband, "G722"),
            Trunk(Tcp, "Pcmu", ("transport", "Tcp")),
            Trunk(Secure, "Pcmu", ("transport", "Tls"), ("srtp", "Required")),
            Trunk(HoldPassed, "Pcmu"),
            Trunk(Direct, "Pcmu"),
            Trunk(Delayed, "Pcmu", ("delayedOffer", true)),
            Trunk(Opus, "Opus"),
            Trunk(Forty, "Pcma"),
            Trunk(ShortTag, "Pcmu", ("srtp", "Required")),
            Trunk(Optimistic, "Pcmu", ("srtp", "BestEffort")),
            Trunk(Six, "Pcmu", ("server", $"[::1]:{_ports["six"]}")),
            Trunk(Reliable, "Pcmu"),
        ],
    };

    protected override AsteriskOptions PbxOptions => new()
    {
        Agents = [Agent(
            "ann", AnnsNumber), Agent("ben", BensNumber), new("far") { Endpoint = ["direct_media=yes", "direct_media_method=invite"] }],
        Trunks =
        [
            // A transfer in the PBX reaches the gateway as a new identity in UPDATE or re-INVITE.
            Way(Plain) with { Endpoint = ["send_pai=yes", "trust_id_outbound=yes"] },
            Way(Alaw) with { Codecs = "alaw" },
            Way(Wideband) with { Codecs = "g722", Endpoint = ["moh_passthrough=yes"] },
            Way(Tcp) with { Transport = "tcp", Gateway = $"127.0.0.1:{Gateway.TcpPort}" },
            Way(Secure) with { Transport =
                "tls", Gateway = $"127.0.0.1:{Gateway.TlsPort}", Endpoint = ["media_encryption=sdes", "moh_passthrough=yes"] },
            Way(HoldPassed) with { Endpoint = ["moh_passthrough=yes"] },
            Way(Direct) with { Endpoint = ["direct_media=yes", "direct_media_method=invite"] },
            Way(Delayed),
            Way(Opus) with { Codecs = "opus", Endpoint = ["moh_passthrough=yes"] },
            Way(Forty) with { Codecs = "alaw:40" },
            Way(ShortTag) with { Endpoint = ["media_encryption=sdes", "srtp_tag_32=yes"] },
            Way(Optimistic) with { Endpoint = ["media_encryption=sdes", "media_encryption_optimistic=yes", "rtcp_mux=yes"] },
            Way(Six) with { Bind = "[::1]", Gateway = $"[::1]:{Gateway.UdpPort}", Endpoint = ["rtp_ipv6=yes", "media_address=::1"] },
            Way(Reliable) with { Endpoint = ["100rel=required"] },
        ],
    };

    public static BenchChannel Channel(string way) => All.Single(channel => channel.Trunks[0] == way);

    /// <summary>Asterisk's name for the way to this user over a trunk.</summary>
    public static string To(string user, BenchChannel over) => $"PJSIP/+{user}@{over.Trunks[0]}";

    private JsonObject Trunk(BenchChannel channel, string codec, params ReadOnlySpan<(string, JsonNode?)> more)
    {
        var trunk = GatewaySettings.Trunk(channel.Trunks[0], _ports[channel.Trunks[0]], more);
        trunk["codecs"] = new JsonArray(codec);
        trunk["channel"] = channel.PhoneNumberId;
        return trunk;
    }

    /// <summary>An agent whom the gateway is told by number.</summary>
    private static AsteriskAgent Agent(string name, string number) => new(name) { Endpoint = [$"callerid={name} <{number}>"] };

    private AsteriskTrunk Way(BenchChannel channel) => new(channel.Trunks[0], _ports[channel.Trunks[0]], $"127.0.0.1:{Gateway.UdpPort}");
}
