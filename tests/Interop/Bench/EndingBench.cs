using System.Text.Json.Nodes;
using Interop.Asterisk;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>Short timeouts, an unreachable PBX, and routes over several trunks.</summary>
public sealed class EndingBench(Stores stores) : CallBench(stores)
{
    public static readonly BenchChannel Plain = new("15550002000", "plain");

    /// <summary>A number whose first trunk is unreachable.</summary>
    public static readonly BenchChannel FirstIsDead = new("15550002001", "dead", "plain");

    public static readonly BenchChannel AllAreDead = new("15550002002", "dead", "gone");

    public static readonly BenchChannel Two = new("15550002003", "plain", "spare");

    private readonly int _plain = LoopbackPorts.Take();
    private readonly int _spare = LoopbackPorts.Take();
    private readonly int _dead = LoopbackPorts.Take();
    private readonly int _gone = LoopbackPorts.Take();

    protected override GatewaySettings Settings => new()
    {
        Channels = [Plain, FirstIsDead, AllAreDead, Two],
        Trunks = [Trunk("plain", _plain), Trunk("spare", _spare), Trunk("dead", _dead), Trunk("gone", _gone)],
        Calls = new JsonObject { ["pbxAnswer"] = "00:00:08", ["whatsAppAnswer"] = "00:00:08" },
    };

    protected override AsteriskOptions PbxOptions => new()
    {
        Trunks = [new("plain", _plain, $"127.0.0.1:{Gateway.UdpPort}"), new("spare", _spare, $"127.0.0.1:{Gateway.UdpPort}")],
    };

    private static JsonObject Trunk(string name, int port) =>
        GatewaySettings.Trunk(name, port, ("channel", Plain.PhoneNumberId), ("requestTimeout", "00:00:01"), ("keepAlive", "00:00:00"));
}
