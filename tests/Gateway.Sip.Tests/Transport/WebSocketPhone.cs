using System.Net.WebSockets;
using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Tests.Endpoint;
using Testing;

namespace Gateway.Sip.Tests.Transport;

/// <summary>A phone on a WebSocket, as a page of a browser is: its own address is a name that leads nowhere (RFC 7118 §5).</summary>
internal sealed class WebSocketPhone : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(30));
    private readonly DigestClient _digest;
    private readonly string _user;
    private readonly string _call = Guid.NewGuid().ToString("n");
    private uint _sequence;

    private WebSocketPhone(string user, string password)
    {
        _user = user;
        _digest = new DigestClient(new SipCredentials(user, password), new SeededEntropy(7));
    }

    public string Address => $"sip:{_call[..8]}@xyz.invalid;transport=ws";

    public string? SubProtocol => _socket.SubProtocol;

    public WebSocketState State => _socket.State;

    /// <exception cref="WebSocketException">It was refused; the message has the status.</exception>
    public static async Task<WebSocketPhone> OpenAsync(
        SipEndpoint gateway, string user = "alice", string password = "", string query = "", string? origin = null,
        string subProtocol = "sip", int listener = 0)
    {
        var phone = new WebSocketPhone(user, password);
        phone._socket.Options.AddSubProtocol(subProtocol);
        if (origin is not null)
            phone._socket.Options.SetRequestHeader("Origin", origin);
        var (scheme, bind) = (gateway.Listeners[listener].Transport.ToString().ToLowerInvariant(), gateway.Listeners[listener].Bind);
        phone._socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        try
        {
            await phone._socket.ConnectAsync(new Uri($"{scheme}://{bind}/phone{query}"), phone._end.Token);
        }
        catch
        {
            phone.Dispose();
            throw;
        }
        return phone;
    }

    /// <summary>The final status, after one challenge where there is one.</summary>
    public async Task<int> RegisterAsync(string? asUser = null)
    {
        var request = Request(SipMethod.Register, asUser ?? _user, asUser ?? _user);
        await SendAsync(request);
        var response = await ResponseAsync();
        if (response.StatusCode != 401)
            return response.StatusCode;
        var again = Request(SipMethod.Register, asUser ?? _user, asUser ?? _user);
        Assert.Equal(DigestOutcome.Answered, _digest.Answer(response, again));
        await SendAsync(again);
        return (await ResponseAsync()).StatusCode;
    }

    /// <summary>Sends an INVITE and returns it.</summary>
    public async Task<SipRequest> InviteAsync(string target, string sdp, string? asUser = null, string? channel = null)
    {
        var request = Request(SipMethod.Invite, asUser ?? _user, target);
        if (channel is not null)
            request.Headers.Add("X-WhatsApp-Channel", channel);
        request.SetBody(Encoding.ASCII.GetBytes(sdp), "application/sdp");
        await SendAsync(request);
        return request;
    }

    /// <summary>The next response that is no 100.</summary>
    public async Task<SipResponse> ResponseAsync()
    {
        while (true)
        {
            if (Assert.IsType<SipResponse>(await MessageAsync()) is { StatusCode: not 100 } response)
                return response;
        }
    }

    /// <summary>The next final response.</summary>
    public async Task<SipResponse> FinalAsync()
    {
        while (true)
        {
            if (await ResponseAsync() is { StatusCode: >= 200 } final)
                return final;
        }
    }

    public Task RefuseAsync(SipRequest request, int status) => SendAsync(SipResponse.CreateFor(request, status, "p"));

    /// <summary>The next message, which has to be this request.</summary>
    public async Task<SipRequest> RequestAsync(string method) => PhoneMessages.Request(await MessageAsync(), method);

    public Task AnswerAsync(SipRequest request, string? sdp = null) => SendAsync(PhoneMessages.Answer(request, Address, sdp));

    public Task HangUpAsync(SipRequest invite) => SendAsync(invite, SipMethod.Bye, 9);

    /// <summary>Sends a request inside the dialog that an answered INVITE of the gateway began.</summary>
    public Task SendAsync(SipRequest invite, SipMethod method, uint sequence, string? sdp = null) =>
        SendAsync(PhoneMessages.InDialog(invite, method, sequence, Via(), Address, sdp));

    public async Task<SipMessage> MessageAsync()
    {
        var bytes = await ReceiveAsync();
        Assert.True(SipParser.TryParse(bytes, out var message, out var error), $"{error.Fault}: {Encoding.UTF8.GetString(bytes)}");
        return message;
    }

    /// <summary>The next frame, which is text; empty: it was closed.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        var buffer = new byte[65536];
        try
        {
            var received = await _socket.ReceiveAsync(buffer.AsMemory(), _end.Token);
            Assert.True(received.EndOfMessage);
            if (received.MessageType == WebSocketMessageType.Close)
                return [];
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            return buffer[..received.Count];
        }
        catch (WebSocketException)
        {
            return [];
        }
    }

    public async Task SendAsync(
        ReadOnlyMemory<byte> bytes, WebSocketMessageType type = WebSocketMessageType.Text, bool isWhole = true) =>
        await _socket.SendAsync(bytes, type, isWhole, _end.Token);

    public void Dispose()
    {
        _socket.Dispose();
        _end.Dispose();
    }

    private string Via() => $"SIP/2.0/WS xyz.invalid;branch=z9hG4bK{_call}{++_sequence}";

    private Task SendAsync(SipMessage message) => SendAsync(SipWriter.Write(message));

    private SipRequest Request(SipMethod method, string from, string to)
    {
        var host = new HostPort("phones.example");
        var request = new SipRequest(method, SipUri.Create(method == SipMethod.Register ? null : to, host));
        request.Headers.Add("Via", Via());
        request.Headers.Add("Max-Forwards", "70");
        request.Headers.Add("From", $"<sip:{from}@phones.example>;tag=a");
        request.Headers.Add("To", $"<sip:{to}@phones.example>");
        request.Headers.Add("Call-ID", method == SipMethod.Register ? _call : _call + _sequence);
        request.Headers.Add("CSeq", $"{_sequence} {method.Name}");
        request.Headers.Add("Contact", $"<{Address}>");
        return request;
    }
}
