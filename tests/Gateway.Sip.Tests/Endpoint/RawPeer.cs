using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>A UDP socket whose SIP messages a test writes.</summary>
/// <param name="port">Its port; 0: any that is free.</param>
internal sealed class RawPeer(int port = 0) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, port));

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public void Send(int port, string text) =>
        _socket.Send(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")), new IPEndPoint(IPAddress.Loopback, port));

    public async Task<SipMessage> ReceiveAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (true)
        {
            var datagram = await _socket.ReceiveAsync(timeout.Token);
            if (SipParser.TryParse(datagram.Buffer, out var message, out _))
                return message;
        }
    }

    /// <summary>The next request of this method; others are skipped.</summary>
    public async Task<SipRequest> RequestAsync(string method)
    {
        while (true)
        {
            if (await ReceiveAsync() is SipRequest request && request.Method.Name == method)
                return request;
        }
    }

    public void Respond(SipRequest request, int status, params (string Name, string Value)[] headers)
    {
        var response = SipResponse.CreateFor(request, status, "peer");
        foreach (var (name, value) in headers)
            response.Headers.Add(name, value);
        _socket.Send(SipWriter.Write(response), new IPEndPoint(IPAddress.Loopback, request.TopVia.SentBy.Port));
    }

    public void Dispose() => _socket.Dispose();
}
