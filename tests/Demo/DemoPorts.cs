using System.Net;
using System.Net.Sockets;
using Testing.Peers;

namespace Demo;

/// <summary>The ports of all programs, all on loopback: well-known ones where they are free, else any free ones.</summary>
internal sealed record DemoPorts(int Admin, int Sandbox, IReadOnlyList<DemoNode> Nodes)
{
    public string AdminApi => $"http://127.0.0.1:{Admin}";

    public string WhatsApp => $"http://127.0.0.1:{Sandbox}";

    public static DemoPorts Choose(int nodes) => new(
        Wanted(8081), Wanted(8090),
        [.. Enumerable.Range(0, nodes).Select(place => Node(nodes == 1 ? "demo" : $"demo-{place + 1}", place))]);

    private static DemoNode Node(string id, int place)
    {
        var media = LoopbackPorts.Take(DemoNode.MediaPorts);
        return place == 0
            ? new DemoNode(id, Wanted(8080), Wanted(8082), Wanted(5060), LoopbackPorts.Take(), media)
            : new DemoNode(id, LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take(), media);
    }

    private static int Wanted(int wanted) => IsFree(wanted) ? wanted : LoopbackPorts.Take();

    private static bool IsFree(int port)
    {
        try
        {
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>One gateway and its ports.</summary>
internal sealed record DemoNode(string Id, int Http, int Operations, int Sip, int WebSocket, int MediaFirst)
{
    public const int MediaPorts = 64;

    public string Gateway => $"http://127.0.0.1:{Http}";

    /// <summary>The gateway's health and metrics.</summary>
    public string Health => $"http://127.0.0.1:{Operations}";

    public int MediaLast => MediaFirst + MediaPorts - 1;
}
