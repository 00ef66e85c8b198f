using Interop.Asterisk;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>A gateway to be stopped while calls run.</summary>
public sealed class StopBench(Stores stores) : CallBench(stores)
{
    public static readonly BenchChannel Plain = new("15550004000", "plain");

    private readonly int _plain = LoopbackPorts.Take();

    protected override GatewaySettings Settings => new()
    {
        Channels = [Plain],
        Trunks = [GatewaySettings.Trunk("plain", _plain)],
        DrainDeadline = "00:00:10",
    };

    protected override AsteriskOptions PbxOptions => new() { Trunks = [new("plain", _plain, $"127.0.0.1:{Gateway.UdpPort}")] };
}
