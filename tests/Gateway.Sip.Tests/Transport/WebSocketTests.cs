using System.Net.WebSockets;
using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Tests.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Transport;

/// <summary>Phones on WebSockets (RFC 7118), with a password and with a ticket.</summary>
public class WebSocketTests
{
    private const string Password = "open sesame";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(SipTransport.Ws)]
    [InlineData(SipTransport.Wss)]
    public async Task A_phone_registers_is_rung_calls_and_leaves(SipTransport transport)
    {
        using var certificates = new TestCertificates();
        await using var gateway = await GatewayAsync(transport, tls: certificates.Options);
        using (var phone = await WebSocketPhone.OpenAsync(gateway, password: Password))
        {
            Assert.Equal("sip", phone.SubProtocol);
            Assert.Equal(200, await phone.RegisterAsync());
            Assert.Equal(new PhoneChange("alice", PhoneChangeKind.Registered, 1), await ChangeAsync(gateway));
            Assert.Equal(transport, gateway.ContactsOf("alice")[0].Flow.Transport);

            var ringing = gateway.Invite(Ring("alice"));
            var invite = await phone.RequestAsync("INVITE");
            Assert.Equal($"SIP/2.0/{transport.ToString().ToUpperInvariant()}", invite.Headers["Via"]!.Split(' ')[0]);
            Assert.Equal(phone.Address, invite.Uri.ToString());
            Assert.Equal(transport.ToString().ToLowerInvariant(), invite.Contact!.Uri.Transport);
            await phone.AnswerAsync(invite, EndpointBench.Answer);
            await EndpointBench.NextAsync<SipCallEvent.Answered>(ringing);
            await phone.RequestAsync("ACK");
            await phone.HangUpAsync(invite);
            Assert.Equal(200, (await phone.ResponseAsync()).StatusCode);
            await EndpointBench.NextAsync<SipCallEvent.Ended>(ringing);

            ringing = gateway.Invite(Ring("alice"));
            await phone.AnswerAsync(await phone.RequestAsync("INVITE"), EndpointBench.Answer);
            await EndpointBench.NextAsync<SipCallEvent.Answered>(ringing);
            await phone.RequestAsync("ACK");
            await ringing.HangUpAsync();
            await phone.RequestAsync("BYE");
        }
        Assert.Equal(new PhoneChange("alice", PhoneChangeKind.Gone, 0), await ChangeAsync(gateway));
    }

    [Fact]
    public async Task A_ticket_opens_the_phone_of_its_user_without_a_password_once()
    {
        await using var gateway = await GatewayAsync();
        using var phone = await WebSocketPhone.OpenAsync(gateway, "bob", query: "?ticket=good");
        Assert.Equal(200, await phone.RegisterAsync());
        Assert.Equal("bob", gateway.ContactsOf("bob")[0].User);

        await phone.InviteAsync("100", EndpointBench.Offer);
        var taken = await EndpointBench.IncomingAsync(gateway);
        Assert.Equal(("phones", "bob"), (taken.Info.Trunk, taken.Info.Phone));
        await taken.AnswerAsync(EndpointBench.Answer);
        Assert.Equal(200, (await phone.ResponseAsync()).StatusCode);

        Assert.Contains("403", await RefusedAsync(gateway, "?ticket=good"), StringComparison.Ordinal);
        Assert.Contains("403", await RefusedAsync(gateway, "?ticket=other"), StringComparison.Ordinal);
        Assert.Contains("403", await RefusedAsync(gateway, "?ticket="), StringComparison.Ordinal);
        Assert.Contains("503", await RefusedAsync(gateway, "?ticket=failing"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_outlives_its_WebSocket_and_follows_the_phone_to_the_next_by_its_next_offer()
    {
        await using var gateway = await GatewayAsync();
        SipRequest invite;
        SipCall call;
        using (var before = await WebSocketPhone.OpenAsync(gateway, password: Password))
        {
            Assert.Equal(200, await before.RegisterAsync());
            call = gateway.Invite(Ring("alice"));
            invite = await before.RequestAsync("INVITE");
            await before.AnswerAsync(invite, EndpointBench.Answer);
            await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
            await before.RequestAsync("ACK");
        }
        await UntilAsync(() => gateway.RegisteredUsers.Count == 0);

        using var phone = await WebSocketPhone.OpenAsync(gateway, password: Password);
        Assert.Equal(200, await phone.RegisterAsync());
        await phone.SendAsync(invite, SipMethod.Invite, 1, EndpointBench.Answer + "a=sendonly\r\n");
        await EndpointBench.NextAsync<SipCallEvent.OfferReceived>(call);
        await call.AcceptOfferAsync(EndpointBench.Offer);
        Assert.Equal(200, (await phone.FinalAsync()).StatusCode);
        await phone.SendAsync(invite, SipMethod.Ack, 1);
        await call.HangUpAsync();
        await phone.RequestAsync("BYE");
    }

    [Fact]
    public async Task A_ticket_is_no_other_users()
    {
        await using var gateway = await GatewayAsync();
        using var phone = await WebSocketPhone.OpenAsync(gateway, "alice", Password, query: "?ticket=good");
        Assert.Equal(403, await phone.RegisterAsync());
        await phone.InviteAsync("100", EndpointBench.Offer);
        Assert.Equal(403, (await phone.ResponseAsync()).StatusCode);
        Assert.Empty(gateway.RegisteredUsers);
        Assert.Equal(200, await phone.RegisterAsync("bob"));
    }

    [Fact]
    public async Task Without_a_ticket_a_wrong_password_registers_nobody()
    {
        await using var gateway = await GatewayAsync();
        using var phone = await WebSocketPhone.OpenAsync(gateway, password: "wrong");
        Assert.Equal(403, await phone.RegisterAsync());
        Assert.Empty(gateway.RegisteredUsers);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("http://{0}", null)]
    [InlineData("http://other.example", "403")]
    [InlineData("null", "403")]
    [InlineData("http://other.example", null, "https://console.example", "http://other.example")]
    [InlineData("http://{0}", "403", "https://console.example")]
    [InlineData("http://any.example", null, "*")]
    public async Task Only_pages_of_allowed_origins_open_a_WebSocket(string? origin, string? refused, params string[] allowed)
    {
        await using var gateway = await GatewayAsync(origins: allowed);
        origin = origin?.Replace("{0}", gateway.Listeners[0].Bind.ToString(), StringComparison.Ordinal);
        if (refused is not null)
        {
            Assert.Contains(refused, await RefusedAsync(gateway, "", origin), StringComparison.Ordinal);
            return;
        }
        using var phone = await WebSocketPhone.OpenAsync(gateway, origin: origin);
        Assert.Equal(WebSocketState.Open, phone.State);
    }

    [Fact]
    public async Task What_is_no_WebSocket_of_SIP_is_told_so()
    {
        await using var gateway = await GatewayAsync();
        Assert.Contains("426", await RefusedAsync(gateway, subProtocol: "chat"), StringComparison.Ordinal);
        using var http = new HttpClient();
        Assert.Equal(426, (int)(await http.GetAsync($"http://{gateway.Listeners[0].Bind}/")).StatusCode);
    }

    [Theory]
    [InlineData(WebSocketMessageType.Text)]
    [InlineData(WebSocketMessageType.Binary)]
    public async Task A_message_may_come_in_several_frames_without_its_length(WebSocketMessageType type)
    {
        await using var gateway = await GatewayAsync();
        using var phone = await WebSocketPhone.OpenAsync(gateway, "bob", query: "?ticket=good");
        var bytes = Encoding.UTF8.GetBytes(
            "OPTIONS sip:phones.example SIP/2.0\r\nVia: SIP/2.0/WS xyz.invalid;branch=z9hG4bKo\r\nMax-Forwards: 70\r\n"
            + "From: <sip:bob@phones.example>;tag=o\r\nTo: <sip:phones.example>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n\r\n");
        await phone.SendAsync(bytes.AsMemory(0, 40), type, isWhole: false);
        await phone.SendAsync(bytes.AsMemory(40), type);
        Assert.Equal(200, (await phone.ResponseAsync()).StatusCode);
    }

    [Fact]
    public async Task A_ping_of_line_ends_is_answered_and_a_message_without_end_is_not_kept()
    {
        await using var gateway = await GatewayAsync();
        using var phone = await WebSocketPhone.OpenAsync(gateway, "bob", query: "?ticket=good");
        await phone.SendAsync("\r\n\r\n"u8.ToArray());
        Assert.Equal("\r\n"u8.ToArray(), await phone.ReceiveAsync());
        await phone.SendAsync("not a message"u8.ToArray());
        await phone.SendAsync("\r\n\r\n"u8.ToArray());
        Assert.Equal("\r\n"u8.ToArray(), await phone.ReceiveAsync());
        try
        {
            for (var i = 0; i < 100; i++)
                await phone.SendAsync(new byte[8192], WebSocketMessageType.Binary, isWhole: false);
        }
        catch (WebSocketException)
        {
            // closed in the middle
        }
        Assert.Empty(await phone.ReceiveAsync());
        await UntilAsync(() => gateway.Connections == 0);
    }

    [Fact]
    public async Task Connections_that_prove_nothing_are_few_for_one_address_and_those_with_tickets_are_not_counted_with_them()
    {
        await using var gateway = await GatewayAsync(limits: new SipTransportLimits { MaxUnexpectedPerAddress = 1 });
        using var first = await WebSocketPhone.OpenAsync(gateway);
        Assert.Contains("503", await RefusedAsync(gateway), StringComparison.Ordinal);
        using var phone = await WebSocketPhone.OpenAsync(gateway, "bob", query: "?ticket=good");
        Assert.Equal(200, await phone.RegisterAsync());
    }

    [Fact]
    public async Task A_WebSocket_that_says_nothing_is_closed()
    {
        await using var gateway = await GatewayAsync(
            limits: new SipTransportLimits { FirstMessageTimeout = TimeSpan.FromSeconds(1) });
        using var phone = await WebSocketPhone.OpenAsync(gateway);
        Assert.Empty(await phone.ReceiveAsync());
    }

    private static SipInviteRequest Ring(string user) => EndpointBench.Call() with { Trunk = "phones", TargetUser = user };

    private static async Task<string> RefusedAsync(
        SipEndpoint gateway, string query = "", string? origin = null, string subProtocol = "sip") =>
        (await Assert.ThrowsAsync<WebSocketException>(
            () => WebSocketPhone.OpenAsync(gateway, query: query, origin: origin, subProtocol: subProtocol))).Message;

    private static async Task<SipEndpoint> GatewayAsync(
        SipTransport transport = SipTransport.Ws, SipTlsOptions? tls = null, SipTransportLimits? limits = null,
        IReadOnlyList<string>? origins = null)
    {
        var options = EndpointBench.Options(
            [new SipListenerOptions { Transport = transport, Bind = new(System.Net.IPAddress.Loopback, 0) }], tls, limits,
            [new TrunkOptions
            {
                Name = "phones", Server = "phones.example",
                Profile = EndpointBench.Profile with { DigestChallenges = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5] },
                Registrar = new RegistrarOptions { Realm = "phones.example", Credentials = new OnlyAlice(), Tickets = new OneTicket() },
            }]) with { AllowedOrigins = origins ?? [] };
        var gateway = EndpointBench.Create(options);
        await gateway.StartAsync(CancellationToken.None);
        return gateway;
    }

    private static async Task<PhoneChange> ChangeAsync(SipEndpoint gateway) =>
        await gateway.PhoneChanges.ReadAsync().AsTask().WaitAsync(Timeout);

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!reached())
            await Task.Delay(5, timeout.Token);
    }

    private sealed class OnlyAlice : IPhoneCredentials
    {
        public ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation) =>
            ValueTask.FromResult(user == "alice" ? new DigestSecrets { Password = Password } : null);
    }

    /// <summary>"good", once, for bob, who has no password.</summary>
    private sealed class OneTicket : IPhoneTickets
    {
        private int _taken;

        public async ValueTask<string?> TakeAsync(string ticket, CancellationToken cancellation)
        {
            await Task.Yield();
            return ticket switch
            {
                "failing" => throw new TimeoutException("The store is away."),
                "good" when Interlocked.Exchange(ref _taken, 1) == 0 => "bob",
                _ => null,
            };
        }
    }
}
