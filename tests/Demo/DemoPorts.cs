using System.Net;
using System.Net.Sockets;
using Testing.Peers;

namespace Demo;

/// <summary>The ports of all programs, all on loopback: well-known ones where they are free, else any free ones.</summary>
internal sealed record DemoPorts(int Http, int Operations, int Admin, int Sandbox, int Sip, int MediaFirst, int MediaLast)
{
    private const int MediaPorts = 64;

    public string Gateway => $"http://127.0.0.1:{Http}";

    /// <summary>The gateway's health and metrics.</summary>
    public string Health => $"http://127.0.0.1:{Operations}";

    public string AdminApi => $"http://127.0.0.1:{Admin}";

    public string WhatsApp => $"http://127.0.0.1:{Sandbox}";

    public static DemoPorts Choose()
    {
        var media = LoopbackPorts.Take(MediaPorts);
        return new DemoPorts(Choose(8080), Choose(8082), Choose(8081), Choose(8090), Choose(5060), media, media + MediaPorts - 1);
    }

    private static int Choose(int wanted) => IsFree(wanted) ? wanted : LoopbackPorts.Take();

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
