using System.Net;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Tests.Transport;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>Two nodes and a phone that is registered at the second; the first rings it.</summary>
public sealed class EdgeTests : IAsyncLifetime
{
    private const string Realm = "phones.example", Password = "open sesame";
    private const string Secret = "a secret of the whole cluster, 32";

    private static readonly IPAddress PhoneAddress = IPAddress.Parse("127.0.0.77");
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private SipEndpoint _first = null!, _second = null!;

    public Task InitializeAsync() => StartAsync(SipTransport.Udp, new SipTransportLimits());

    /// <param name="between">What the nodes speak with each other.</param>
    /// <param name="limits">Of both.</param>
    private async Task StartAsync(SipTransport between, SipTransportLimits limits)
    {
        _first = await NodeAsync(between, limits: limits);
        _second = await NodeAsync(between, limits: limits);
        foreach (var node in new[] { _first, _second })
            node.SetNodes([IPAddress.Loopback]);
    }

    public async Task DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Theory]
    [InlineData(SipTransport.Udp, true)]
    [InlineData(SipTransport.Udp, false)]
    [InlineData(SipTransport.Tcp, true)]
    [InlineData(SipTransport.Tcp, false)]
    public async Task A_phone_at_another_node_is_rung_answers_and_is_hung_up(SipTransport transport, bool byPhone)
    {
        await using var phone = await PhoneAsync(transport);
        var (call, rung) = await RingAsync(phone);
        await rung.ProvisionalAsync(180);
        Assert.Equal(180, (await EndpointBench.NextAsync<SipCallEvent.Provisional>(call)).Status);
        await rung.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(rung);

        var (ends, other) = byPhone ? (rung, call) : (call, rung);
        await ends.HangUpAsync();
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(other)).By);
        Assert.Equal(SipCallEnd.Local, (await EndpointBench.NextAsync<SipCallEvent.Ended>(ends)).By);
    }

    [Fact]
    public async Task A_third_node_ends_the_dialog_of_one_that_died()
    {
        await using var phone = await PhoneAsync(SipTransport.Udp);
        var (call, rung) = await RingAsync(phone);
        await rung.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(rung);
        var snapshot = (await call.SnapshotAsync())!;
        await using var third = await NodeAsync(SipTransport.Udp);
        Assert.True(await third.EndDialogAsync(snapshot, null));
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(rung)).By);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_goes_on_when_the_connection_between_the_nodes_is_closed(bool byPhone)
    {
        await DisposeAsync();
        await StartAsync(SipTransport.Tcp, new SipTransportLimits { IdleTimeout = TimeSpan.FromSeconds(1) });
        await using var phone = await PhoneAsync(SipTransport.Udp);
        var (call, rung) = await RingAsync(phone);
        await rung.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(rung);
        await UntilAsync(() => _first.Connections + _second.Connections == 0);

        var (ends, other) = byPhone ? (rung, call) : (call, rung);
        await ends.HangUpAsync();
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(other)).By);
    }

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tcp)]
    public async Task A_phone_at_another_node_rings_until_the_call_is_cancelled_and_may_refuse(SipTransport transport)
    {
        await using var phone = await PhoneAsync(transport);
        var (call, rung) = await RingAsync(phone);
        await rung.ProvisionalAsync(180);
        await EndpointBench.NextAsync<SipCallEvent.Provisional>(call);
        await call.HangUpAsync();
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(rung)).By);

        (call, rung) = await RingAsync(phone);
        await rung.RejectAsync(486);
        Assert.Equal(486, (await EndpointBench.NextAsync<SipCallEvent.Failed>(call)).Status);
    }

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tcp)]
    public async Task A_phone_on_a_WebSocket_of_another_node_is_rung_hangs_up_and_is_hung_up(SipTransport between)
    {
        await DisposeAsync();
        await StartAsync(between, new SipTransportLimits());
        using var phone = await WebSocketPhone.OpenAsync(_second, password: Password, listener: 2);
        Assert.Equal(200, await phone.RegisterAsync());
        Share();
        foreach (var byPhone in new[] { true, false })
        {
            var call = _first.Invite(Call());
            var invite = await phone.RequestAsync("INVITE");
            await phone.AnswerAsync(invite, EndpointBench.Answer);
            await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
            await phone.RequestAsync("ACK");
            if (byPhone)
            {
                await phone.HangUpAsync(invite);
                Assert.Equal(200, (await phone.ResponseAsync()).StatusCode);
                Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
            }
            else
            {
                await call.HangUpAsync();
                await phone.AnswerAsync(await phone.RequestAsync("BYE"));
                Assert.Equal(SipCallEnd.Local, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
            }
        }
    }

    /// <summary>It comes from the address of a node, as where a proxy stands beside one.</summary>
    [Fact]
    public async Task A_phone_whose_WebSocket_broke_hangs_up_by_a_new_one()
    {
        await DisposeAsync();
        await StartAsync(SipTransport.Udp, new SipTransportLimits());
        var phone = await WebSocketPhone.OpenAsync(_second, password: Password, listener: 2);
        Assert.Equal(200, await phone.RegisterAsync());
        Share();
        var call = _first.Invite(Call());
        var invite = await phone.RequestAsync("INVITE");
        await phone.AnswerAsync(invite, EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await phone.RequestAsync("ACK");
        phone.Dispose();

        using var again = await WebSocketPhone.OpenAsync(_second, password: Password, listener: 2);
        Assert.Equal(200, await again.RegisterAsync());
        await again.HangUpAsync(invite);
        Assert.Equal(200, (await again.ResponseAsync()).StatusCode);
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_phone_at_another_node_holds_and_hangs_up(int listener)
    {
        using var phone = await SocketPhone.OpenAsync(_second, Password, listener);
        Assert.Equal(200, await phone.RegisterAsync());
        Share();
        var call = _first.Invite(Call());
        var invite = await phone.RequestAsync("INVITE");
        await phone.AnswerAsync(invite, EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await phone.RequestAsync("ACK");

        var held = EndpointBench.Answer + "a=sendonly\r\n";
        await phone.SendAsync(invite, "INVITE", 1, held);
        Assert.Equal(held, (await EndpointBench.NextAsync<SipCallEvent.OfferReceived>(call)).Sdp);
        await call.AcceptOfferAsync(EndpointBench.Offer);
        Assert.Equal(200, (await FinalAsync(phone)).StatusCode);
        await phone.SendAsync(invite, "ACK", 1);

        await phone.SendAsync(invite, "BYE", 2);
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
        Assert.Equal("2 BYE", (await FinalAsync(phone)).CSeq.ToString());
    }

    [Fact]
    public async Task A_text_reaches_a_phone_at_another_node()
    {
        using var phone = await SocketPhone.OpenAsync(_second, Password);
        Assert.Equal(200, await phone.RegisterAsync());
        Share();
        var sending = _first.SendMessageAsync("phones", "alice", "2 calls wait");
        var request = Assert.IsType<SipRequest>(await phone.MessageAsync());
        Assert.Equal(("MESSAGE", "sip:alice@192.168.1.7"), (request.Method.Name, request.Uri.ToString()));
        await phone.SendAsync(SipWriter.Write(SipResponse.CreateFor(request, 200, "p")));
        Assert.Equal(200, await sending);
    }

    [Fact]
    public async Task A_phone_whose_connection_is_gone_is_not_reached()
    {
        using (var phone = await SocketPhone.OpenAsync(_second, Password, listenerAt: 1))
        {
            Assert.Equal(200, await phone.RegisterAsync());
            Share();
        }
        await ChangeAsync(PhoneChangeKind.Gone);
        Assert.Empty(_second.SharedContactsOf("alice"));
        Assert.Equal(430, (await EndpointBench.NextAsync<SipCallEvent.Failed>(_first.Invite(Call()))).Status);
    }

    [Fact]
    public async Task A_phone_that_registers_anew_is_reached_by_its_new_path_only()
    {
        using var before = await SocketPhone.OpenAsync(_second, Password);
        Assert.Equal(200, await before.RegisterAsync());
        Share();
        var stale = _second.SharedContactsOf("alice");
        using var after = await SocketPhone.OpenAsync(_second, Password);
        Assert.Equal(200, await after.RegisterAsync());
        Assert.Equal(430, (await EndpointBench.NextAsync<SipCallEvent.Failed>(_first.Invite(Call()))).Status);
        Share();
        Assert.NotEqual(stale[0].Route, _second.SharedContactsOf("alice")[0].Route);
        _first.Invite(Call());
        Assert.Equal("INVITE", (await after.MessageAsync() as SipRequest)?.Method.Name);
        Assert.Equal(0, before.Available);
    }

    [Fact]
    public async Task Whoever_is_no_node_reaches_no_phone_with_a_token_and_a_node_none_with_a_forged_one()
    {
        using var phone = await SocketPhone.OpenAsync(_second, Password);
        Assert.Equal(200, await phone.RegisterAsync());
        var route = _second.SharedContactsOf("alice")[0].Route[0];
        _second.SetNodes([IPAddress.Parse("127.0.0.99")]);
        Assert.Equal(403, await StatusAsync(route));
        _second.SetNodes([IPAddress.Loopback]);
        Assert.Equal(403, await StatusAsync(route.Replace("edge-A", "edge-B")));
        Assert.Equal(0, phone.Available);
        Assert.Equal(0, await StatusAsync(route));
        Assert.Equal("INVITE", (await phone.MessageAsync() as SipRequest)?.Method.Name);
    }

    [Fact]
    public async Task A_node_without_a_secret_passes_nothing_on()
    {
        await using var alone = await NodeAsync(SipTransport.Udp, secret: null);
        Assert.Null(alone.Edge);
        using var phone = await SocketPhone.OpenAsync(alone, Password);
        Assert.Equal(200, await phone.RegisterAsync());
        Assert.Empty(alone.SharedContactsOf("alice"));
        Assert.Single(alone.ContactsOf("alice"));
    }

    private static async Task<SipResponse> FinalAsync(SocketPhone phone)
    {
        SipResponse response;
        do
            response = Assert.IsType<SipResponse>(await phone.MessageAsync());
        while (response.IsProvisional);
        return response;
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!reached())
            await Task.Delay(5, timeout.Token);
    }

    /// <summary>The answer to an INVITE with this Route from a bare socket; 0: it was passed on.</summary>
    private async Task<int> StatusAsync(string route)
    {
        using var sender = new RawPeer();
        sender.Send(EndpointBench.PortOf(_second), $"""
            INVITE sip:alice@192.168.1.7 SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:{sender.Port};rport;branch=z9hG4bK{sender.Port}
            Max-Forwards: 70
            Route: {route}
            From: <sip:x@example.com>;tag=x
            To: <sip:alice@{Realm}>
            Call-ID: {sender.Port}
            CSeq: 1 INVITE
            Contact: <sip:x@127.0.0.1:{sender.Port}>
            Content-Length: 0


            """);
        sender.Send(EndpointBench.PortOf(_second), $"""
            OPTIONS sip:127.0.0.1 SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:{sender.Port};rport;branch=z9hG4bKo{sender.Port}
            Max-Forwards: 70
            From: <sip:x@example.com>;tag=x
            To: <sip:127.0.0.1>
            Call-ID: o{sender.Port}
            CSeq: 1 OPTIONS
            Content-Length: 0


            """);
        var first = Assert.IsType<SipResponse>(await sender.ReceiveAsync()); // the loop answers in order
        return first.CSeq.Method == SipMethod.Invite ? first.StatusCode : 0;
    }

    private async Task<(SipCall Call, SipCall Rung)> RingAsync(SipEndpoint phone)
    {
        Share();
        var call = _first.Invite(Call());
        return (call, await EndpointBench.IncomingAsync(phone));
    }

    /// <summary>The first node learns what the second has now.</summary>
    private void Share()
    {
        var contacts = _second.SharedContactsOf("alice").Select(contact => _first.Reach("alice", "second", contact)!).ToArray();
        _first.OtherContacts = user => user == "alice" ? contacts : [];
    }

    private static SipInviteRequest Call() => EndpointBench.Call() with { Trunk = "phones", TargetUser = "alice" };

    private async Task<SipEndpoint> PhoneAsync(SipTransport transport)
    {
        var port = _second.Listeners.First(listener => listener.Transport == transport).Bind.Port;
        var phone = await EndpointBench.StartAsync(transport, PhoneAddress, trunks: EndpointBench.Trunk(port, transport) with
        {
            RegisterUser = "alice", Credentials = new SipCredentials("alice", Password), AllowedSources = [],
        });
        await ChangeAsync(PhoneChangeKind.Registered);
        return phone;
    }

    private async Task ChangeAsync(PhoneChangeKind kind)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while ((await _second.PhoneChanges.ReadAsync(timeout.Token)).Kind != kind)
            continue;
    }

    private static async Task<SipEndpoint> NodeAsync(SipTransport first, string? secret = Secret, SipTransportLimits? limits = null)
    {
        var node = EndpointBench.Create(
            [.. new[] { first, first == SipTransport.Udp ? SipTransport.Tcp : SipTransport.Udp, SipTransport.Ws }.Select(
                transport => new SipListenerOptions { Transport = transport, Bind = new IPEndPoint(IPAddress.Loopback, 0) })],
            null, limits,
            [
                new TrunkOptions
                {
                    Name = "phones", Server = Realm,
                    Profile = EndpointBench.Profile with { DigestChallenges = [DigestAlgorithm.Sha256] },
                    Registrar = new RegistrarOptions
                    {
                        Realm = Realm, Credentials = new OneUser(), Edge = secret is null ? null : new EdgeOptions { Secret = secret },
                    },
                },
            ]);
        await node.StartAsync(CancellationToken.None);
        return node;
    }

    private sealed class OneUser : IPhoneCredentials
    {
        public ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation) =>
            ValueTask.FromResult<DigestSecrets?>(new DigestSecrets { Password = Password });
    }
}
