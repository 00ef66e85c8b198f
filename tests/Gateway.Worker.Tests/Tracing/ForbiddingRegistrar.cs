using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>A PBX that knows another password than we do: it answers every request with 403.</summary>
internal sealed class ForbiddingRegistrar : IAsyncDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _answering;

    public ForbiddingRegistrar() => _answering = AnswerAsync();

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _answering;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var request = await _socket.ReceiveAsync(_stop.Token);
                var text = Encoding.UTF8.GetString(request.Buffer);
                if (text.StartsWith("ACK ", StringComparison.Ordinal))
                    continue;
                string[] kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
                var headers = text.Split("\r\n").Where(line => kept.Any(name => line.StartsWith(name, StringComparison.Ordinal)))
                    .Select(line => line.StartsWith("To:", StringComparison.Ordinal) ? line + ";tag=no" : line);
                var answer = $"SIP/2.0 403 Forbidden\r\n{string.Join("\r\n", headers)}\r\nContent-Length: 0\r\n\r\n";
                await _socket.SendAsync(Encoding.UTF8.GetBytes(answer), request.RemoteEndPoint, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // the test is over
        }
    }
}
