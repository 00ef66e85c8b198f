using System.Net;
using System.Net.Sockets;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Gateway.Worker.Tests.Checks;

/// <summary>A STUN server that tells everybody the same address (RFC 8489 §14.2).</summary>
internal sealed class StunDouble : IDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

    public StunDouble(IPAddress told) => _ = ServeAsync(TransportAddress.From(told, 40000));

    public string Address => $"{_socket.Client.LocalEndPoint}";

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync(TransportAddress told)
    {
        try
        {
            while (true)
            {
                var request = await _socket.ReceiveAsync();
                await _socket.SendAsync(Answer(request.Buffer, told), request.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private static byte[] Answer(byte[] request, TransportAddress told)
    {
        var buffer = new byte[StunReader.MaxLength];
        if (!StunReader.TryRead(request, out var message, out _))
            return [];
        var answer = new StunWriter(buffer, StunClass.Success, message.TransactionId);
        answer.AddXorMappedAddress(told);
        answer.TryFinish(out var length);
        return buffer[..length];
    }
}
