using System.Net;
using System.Net.Sockets;

namespace Testing.Peers;

/// <summary>Free ports for programs that must be told theirs.</summary>
public static class LoopbackPorts
{
    private static int _next = 10_000 + Environment.ProcessId % 200 * 100;

    /// <summary>The first of <paramref name="count"/> neighbouring ports that are free for both UDP and TCP at this moment.</summary>
    public static int Take(int count = 1)
    {
        for (var tries = 0; tries < 2000; tries++)
        {
            var first = Interlocked.Add(ref _next, count) - count;
            if (first + count > 60_000)
                Interlocked.Exchange(ref _next, 10_000);
            else if (Enumerable.Range(first, count).All(IsFree))
                return first;
        }
        throw new InvalidOperationException("No free loopback port was found.");
    }

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
