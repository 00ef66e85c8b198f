using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Testing;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>A bare socket that registers alice and then only listens.</summary>
internal sealed class SocketPhone : IDisposable
{
    private const string Contact = "sip:alice@192.168.1.7";

    private readonly Socket _socket;
    private readonly string _transport;
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(20));
    private readonly DigestClient _digest;
    private uint _sequence;

    private SocketPhone(Socket socket, SipTransport transport, string password)
    {
        (_socket, _transport) = (socket, transport.ToString().ToUpperInvariant());
        _digest = new DigestClient(new SipCredentials("alice", password), new SeededEntropy(5));
    }

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    public int Available => _socket.Available;

    public static async Task<SocketPhone> OpenAsync(SipEndpoint gateway, string password, int listenerAt = 0)
    {
        var listener = gateway.Listeners[listenerAt];
        var isUdp = listener.Transport == SipTransport.Udp;
        var socket = new Socket(
            AddressFamily.InterNetwork, isUdp ? SocketType.Dgram : SocketType.Stream, isUdp ? ProtocolType.Udp : ProtocolType.Tcp);
        await socket.ConnectAsync(listener.Bind);
        return new SocketPhone(socket, listener.Transport, password);
    }

    /// <summary>The final status, after one challenge; 0: the connection was closed instead.</summary>
    public async Task<int> RegisterAsync()
    {
        var request = Request();
        await SendAsync(SipWriter.Write(request));
        if (await MessageAsync() is not SipResponse challenge)
            return 0;
        var again = Request();
        if (_digest.Answer(challenge, again) != DigestOutcome.Answered)
            return challenge.StatusCode;
        await SendAsync(SipWriter.Write(again));
        return await MessageAsync() is SipResponse final ? final.StatusCode : 0;
    }

    /// <summary>The next message, which has to be this request.</summary>
    public async Task<SipRequest> RequestAsync(string method) => PhoneMessages.Request(await MessageAsync(), method);

    /// <summary>Answers 200 with a Contact, and with SDP where there is some.</summary>
    public Task AnswerAsync(SipRequest request, string? sdp = null) =>
        SendAsync(SipWriter.Write(PhoneMessages.Answer(request, Contact, sdp)));

    /// <summary>Sends a request inside the dialog that an answered INVITE began.</summary>
    public Task SendAsync(SipRequest invite, string method, uint sequence, string? sdp = null)
    {
        var via = $"SIP/2.0/{_transport} {Address};branch=z9hG4bKd{method}{sequence}";
        return SendAsync(SipWriter.Write(PhoneMessages.InDialog(invite, new SipMethod(method), sequence, via, Contact, sdp)));
    }

    /// <summary>The next message; null: the connection was closed.</summary>
    public async Task<SipMessage?> MessageAsync()
    {
        var bytes = await ReceiveAsync();
        return bytes.Length > 0 && SipParser.TryParse(bytes, out var message, out _) ? message : null;
    }

    /// <summary>What comes next, of a stream with one message at a time; empty: it was closed.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        var buffer = new byte[65536];
        try
        {
            return buffer[..await _socket.ReceiveAsync(buffer, _end.Token)];
        }
        catch (SocketException)
        {
            return [];
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _socket.SendAsync(bytes, _end.Token);
        }
        catch (SocketException)
        {
            // closed: the next read says so
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _end.Dispose();
    }

    private SipRequest Request()
    {
        var request = new SipRequest(SipMethod.Register, SipUri.Create(null, new HostPort("phones.example")));
        request.Headers.Add("Via", $"SIP/2.0/{_transport} {Address};branch=z9hG4bK{Address.Port}{++_sequence}");
        request.Headers.Add("Max-Forwards", "70");
        request.Headers.Add("From", "<sip:alice@phones.example>;tag=a");
        request.Headers.Add("To", "<sip:alice@phones.example>");
        request.Headers.Add("Call-ID", $"{Address.Port}");
        request.Headers.Add("CSeq", $"{_sequence} REGISTER");
        request.Headers.Add("Contact", "<sip:alice@192.168.1.7>");
        return request;
    }
}
