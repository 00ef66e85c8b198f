using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Testing.Peers;

/// <summary>A UDP socket for SIP, and the thread that reads it.</summary>
public sealed class SipPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
    private readonly Action<SipMessageText, IPEndPoint> _handle;
    private readonly Thread _thread;

    public SipPort(string name, Action<SipMessageText, IPEndPoint> handle)
    {
        _handle = handle;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    public int Number => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public void Send(string text, IPEndPoint to) => _socket.SendTo(Encoding.UTF8.GetBytes(text), to);

    public void Dispose()
    {
        _socket.Dispose();
        _thread.Join();
    }

    private void Run()
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                var length = _socket.ReceiveFrom(buffer, ref from);
                var text = Encoding.UTF8.GetString(buffer, 0, length);
                if (text.Contains("\r\n\r\n", StringComparison.Ordinal))
                    _handle(new SipMessageText(text), (IPEndPoint)from);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
