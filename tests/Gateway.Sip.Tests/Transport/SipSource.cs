using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Transport;

/// <summary>A bare socket at an address of its own that sends what a test writes, and keeps what comes back.</summary>
internal sealed partial class SipSource : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly StringBuilder _received = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SipTransport _transport;
    private readonly Task _reading;

    private SipSource(Socket socket, SipTransport transport)
    {
        (_socket, _transport) = (socket, transport);
        _reading = ReadAsync();
    }

    /// <summary>All that has come back.</summary>
    public string Received
    {
        get
        {
            lock (_received)
                return _received.ToString();
        }
    }

    public static async Task<SipSource> OpenAsync(SipEndpoint endpoint, string address = "127.0.0.1")
    {
        var listener = endpoint.Listeners[0];
        var isUdp = listener.Transport == SipTransport.Udp;
        var socket = isUdp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        await socket.ConnectAsync(listener.Bind);
        return new SipSource(socket, listener.Transport);
    }

    public async Task SendAsync(string text)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _socket.SendAsync(Encoding.ASCII.GetBytes(text), timeout.Token);
    }

    /// <summary>Many new requests within a second, each a transaction of its own.</summary>
    public async Task FloodAsync(string method, int count, string prefix = "flood")
    {
        for (var i = 0; i < count; i++)
        {
            await SendAsync(Request(method, $"{prefix}{i}", 1));
            if (i % 50 == 0)
                await Task.Delay(10); // less than a socket's buffer holds
        }
    }

    /// <summary>Sends again, as a peer does until it is answered, and waits for the final response to this very request.</summary>
    public async Task<string> AskAsync(string request, string method)
    {
        var branch = Branch().Match(request).Value;
        for (var i = 0; i < 40; i++)
        {
            await SendAsync(request);
            for (var wait = 0; wait < 25; wait++)
            {
                if (Answers(method).LastOrDefault(text => Branch().Match(text).Value == branch) is { } answer)
                    return answer;
                await Task.Delay(20);
            }
        }
        throw new TimeoutException($"{method} was not answered; received:\n{Received}");
    }

    /// <summary>The final responses to this method so far.</summary>
    public IReadOnlyList<string> Answers(string method) =>
    [
        .. Response().Matches(Received).Select(match => match.Value)
            .Where(text => text[8] != '1' && text.EndsWith($" {method}\r\n", StringComparison.Ordinal)),
    ];

    /// <summary>A request of this source; with a body it is SDP.</summary>
    public string Request(string method, string callId, int sequence, string? toTag = null, string body = "")
    {
        var local = _socket.LocalEndPoint;
        var tag = toTag is null ? "" : ";tag=" + toTag;
        string[] lines =
        [
            $"{method} sip:100@127.0.0.1 SIP/2.0",
            $"Via: SIP/2.0/{_transport.ToString().ToUpperInvariant()} {local};rport;branch=z9hG4bK{callId}{method}{sequence}",
            "Max-Forwards: 70", $"From: <sip:201@{local}>;tag=f{callId}", $"To: <sip:100@127.0.0.1>{tag}", $"Call-ID: {callId}",
            $"CSeq: {sequence} {method}", $"Contact: <sip:201@{local};transport={_transport.ToString().ToLowerInvariant()}>",
            .. body.Length > 0 ? ["Content-Type: application/sdp"] : Array.Empty<string>(), $"Content-Length: {body.Length}", "", body,
        ];
        return string.Join("\r\n", lines);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[65536];
        try
        {
            while (await _socket.ReceiveAsync(buffer, _stop.Token) is var count and > 0)
                lock (_received)
                    _received.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // closed by either side
        }
    }

    [GeneratedRegex(@"SIP/2\.0 \d{3} [\s\S]*?CSeq: \d+ \w+\r\n")]
    private static partial Regex Response();

    [GeneratedRegex(@"branch=[^;\s]+")]
    private static partial Regex Branch();
}
