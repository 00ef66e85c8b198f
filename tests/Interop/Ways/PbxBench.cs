using System.Text.Json.Nodes;
using Interop.Asterisk;
using Interop.Bench;
using Interop.Kamailio;
using Testing;
using Testing.Peers;

namespace Interop.Ways;

/// <summary>The connection of one Asterisk and the gateway.</summary>
public sealed record PbxWay(AsteriskRelease Release, bool IsChanSip = false, bool Registers = false, bool BehindProxy = false);

/// <summary>One Asterisk with one trunk, on which each side requires the other's secret.</summary>
public abstract class PbxBench(Stores stores, PbxWay way) : CallBench(stores)
{
    public const string Trunk = "pbx";

    /// <summary>So short that a test sees the gateway register again.</summary>
    public const int RegistrationSeconds = 8;

    private readonly int _asterisk = LoopbackPorts.Take();
    private readonly int _proxy = LoopbackPorts.Take();
    private KamailioProxy? _kamailio;

    public BenchChannel Channel { get; } = new("15550004000", Trunk);

    protected override GatewaySettings Settings => new()
    {
        Channels = [Channel],
        Trunks = [GatewaySettings.Trunk(Trunk, way.BehindProxy ? _proxy : _asterisk, [.. Keys()])],
    };

    protected override AsteriskOptions PbxOptions => new()
    {
        Release = way.Release,
        Trunks =
        [
            new(Trunk, _asterisk, way.Registers ? null : $"127.0.0.1:{(way.BehindProxy ? _proxy : Gateway.UdpPort)}")
            {
                IsChanSip = way.IsChanSip,
                HasSecret = !way.Registers,
                MaxRegistrationSeconds = RegistrationSeconds,
            },
        ],
    };

    public override async Task InitializeAsync()
    {
        if (way.BehindProxy)
            _kamailio = await KamailioProxy.StartAsync(_proxy, gateway: Gateway.UdpPort, pbx: _asterisk);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_kamailio is not null)
            await _kamailio.DisposeAsync();
    }

    /// <summary>Asterisk's name for the way to a user.</summary>
    public string To(string user) => way switch
    {
        { IsChanSip: true } => $"SIP/{Trunk}/+{user}",
        { Registers: true } => $"PJSIP/{Trunk}/sip:+{user}@127.0.0.1:{Gateway.UdpPort}",
        _ => $"PJSIP/+{user}@{Trunk}",
    };

    /// <summary>Waits until calls can go both ways.</summary>
    public Task ReadyAsync() => way.Registers
        ? Eventually.SeeAsync(async () => await Asterisk.ConsoleAsync(
            way.IsChanSip ? "sip show peers" : "pjsip show contacts"), IsRegistered, "the gateway has registered")
        : Task.CompletedTask;

    /// <summary>Makes Asterisk log its SIP messages.</summary>
    public Task TraceAsync(bool on) => Asterisk.ConsoleAsync(
        way.IsChanSip ? "sip set debug " + (on ? "on" : "off") : "pjsip set logger " + (on ? "on" : "off"));

    private bool IsRegistered(string list) => way.IsChanSip
        ? list.Contains($"{Gateway.UdpPort} ", StringComparison.Ordinal)
        : list.Contains($" {Trunk}/sip:", StringComparison.Ordinal);

    private IEnumerable<(string, JsonNode?)> Keys()
    {
        yield return ("channel", Channel.PhoneNumberId);
        yield return ("user", Trunk);
        yield return ("password", AsteriskServer.Password);
        if (way.Registers)
        {
            yield return ("register", Trunk);
            yield break;
        }
        yield return ("inboundUser", Trunk);
        yield return ("inboundPassword", AsteriskServer.Password);
    }
}
