using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Interop.Latency;

/// <summary>A minimal PBX: a UDP socket that answers every INVITE at once, acknowledges every BYE, and notes the times.</summary>
internal sealed class BarePbx : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Channel<(long InviteAt, long AnswerAt)> _calls = Channel.CreateUnbounded<(long, long)>();
    private readonly Channel<bool> _ended = Channel.CreateUnbounded<bool>();
    private readonly Task _loop;

    public BarePbx()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _loop = RunAsync();
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>The times at which the next call's INVITE arrived and its answer left.</summary>
    public async Task<(long InviteAt, long AnswerAt)> NextCallAsync(CancellationToken cancellation) =>
        await _calls.Reader.ReadAsync(cancellation);

    public async Task EndedAsync(CancellationToken cancellation) => await _ended.Reader.ReadAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _loop;
    }

    private async Task RunAsync()
    {
        var buffer = new byte[64 * 1024];
        var seen = new HashSet<string>();
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                var now = Stopwatch.GetTimestamp();
                var text = Encoding.UTF8.GetString(buffer, 0, received.ReceivedBytes);
                if (text.StartsWith("INVITE ", StringComparison.Ordinal))
                {
                    var answer = Encoding.UTF8.GetBytes(Answer(text, Sdp));
                    var sentAt = Stopwatch.GetTimestamp();
                    await _socket.SendToAsync(answer, received.RemoteEndPoint);
                    if (seen.Add(Header(text, "Call-ID")))
                        _calls.Writer.TryWrite((now, sentAt));
                }
                else if (text.StartsWith("BYE ", StringComparison.Ordinal))
                {
                    await _socket.SendToAsync(Encoding.UTF8.GetBytes(Answer(text, "")), received.RemoteEndPoint);
                    _ended.Writer.TryWrite(true);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private string Sdp =>
        $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {Port} RTP/AVP 0\r\na=sendrecv\r\n";

    private string Answer(string request, string sdp)
    {
        var to = Header(request, "To");
        var answer = new StringBuilder("SIP/2.0 200 OK\r\n");
        foreach (var line in request.Split("\r\n").TakeWhile(line => line.Length > 0))
            if (line.StartsWith("Via:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("v:", StringComparison.Ordinal))
                answer.Append(line).Append("\r\n");
        answer.Append(
            $"From: {Header(request, "From")}\r\nTo: {to}{(to.Contains(";tag=", StringComparison.Ordinal) ? "" : ";tag=bare")}\r\n");
        answer.Append($"Call-ID: {Header(request, "Call-ID")}\r\nCSeq: {Header(request, "CSeq")}\r\nContact: <sip:127.0.0.1:{Port}>\r\n");
        if (sdp.Length > 0)
            answer.Append("Content-Type: application/sdp\r\n");
        return answer.Append($"Content-Length: {sdp.Length}\r\n\r\n{sdp}").ToString();
    }

    private static string Header(string message, string name) =>
        message.Split("\r\n").First(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();
}
