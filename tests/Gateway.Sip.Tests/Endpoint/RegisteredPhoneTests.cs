using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Tests.Transport;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Media.Protocols.Stun;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>Phones on sockets: the gateway's own client registers, is rung and calls.</summary>
public class RegisteredPhoneTests
{
    private const string Realm = "phones.example";
    private const string Password = "open sesame";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tcp)]
    [InlineData(SipTransport.Tls)]
    public async Task A_phone_registers_is_rung_calls_and_leaves(SipTransport transport)
    {
        using var certificates = new TestCertificates();
        await using var gateway = await GatewayAsync(transport, tls: certificates.Options);
        await using var phone = await PhoneAsync(gateway, transport, tls: certificates.Options);
        Assert.Equal(new PhoneChange("alice", PhoneChangeKind.Registered, 1), await ChangeAsync(gateway));
        Assert.Equal(["alice"], gateway.RegisteredUsers);
        Assert.Equal(TrunkState.Up, gateway.GetTrunkHealth("phones")!.State);

        var ringing = gateway.Invite(Ring("alice") with { Phone = gateway.ContactsOf("alice")[0] });
        var rung = await EndpointBench.IncomingAsync(phone);
        await rung.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(ringing);
        await ringing.HangUpAsync();
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(rung);
        await EndpointBench.NextAsync<SipCallEvent.Ended>(rung);

        var placed = phone.Invite(EndpointBench.Call());
        var taken = await EndpointBench.IncomingAsync(gateway);
        Assert.Equal(("phones", "alice"), (taken.Info.Trunk, taken.Info.Phone));
        await taken.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(placed);
        await taken.HangUpAsync();
        await EndpointBench.NextAsync<SipCallEvent.Ended>(placed);

        await phone.DisposeAsync();
        Assert.Equal(new PhoneChange("alice", PhoneChangeKind.Gone, 0), await ChangeAsync(gateway));
        Assert.Equal(480, (await EndpointBench.NextAsync<SipCallEvent.Failed>(gateway.Invite(Ring("alice")))).Status);
    }

    [Fact]
    public async Task Every_phone_of_a_user_is_rung_by_a_call_of_its_own()
    {
        await using var gateway = await GatewayAsync();
        await using var desk = await PhoneAsync(gateway);
        await using var mobile = await PhoneAsync(gateway);
        await ChangeAsync(gateway);
        await ChangeAsync(gateway);
        foreach (var contact in gateway.ContactsOf("alice"))
            gateway.Invite(Ring("alice") with { Phone = contact });
        await EndpointBench.IncomingAsync(desk);
        await EndpointBench.IncomingAsync(mobile);
    }

    [Theory]
    [InlineData("alice", "wrong")]
    [InlineData("nobody", Password)]
    public async Task Whoever_does_not_prove_a_user_is_refused(string user, string password)
    {
        await using var gateway = await GatewayAsync();
        await using var phone = await PhoneAsync(gateway, user: user, password: password);
        await UntilAsync(() => phone.GetTrunkHealth("pbx")!.Cause is not null);
        Assert.Equal("REGISTER answered 403 Forbidden", phone.GetTrunkHealth("pbx")!.Cause);
        Assert.Empty(gateway.RegisteredUsers);
    }

    [Fact]
    public async Task A_store_that_fails_makes_the_phone_wait()
    {
        await using var gateway = await GatewayAsync(store: new FailingStore());
        await using var phone = await PhoneAsync(gateway);
        await UntilAsync(() => phone.GetTrunkHealth("pbx")!.Cause is not null);
        Assert.Equal("REGISTER answered 503 Service Unavailable", phone.GetTrunkHealth("pbx")!.Cause);
    }

    [Fact]
    public async Task A_connection_that_breaks_takes_the_phone_with_it()
    {
        await using var gateway = await GatewayAsync(SipTransport.Tcp);
        using (var phone = await SocketPhone.OpenAsync(gateway, Password))
            Assert.Equal(200, await phone.RegisterAsync());
        Assert.Equal(PhoneChangeKind.Registered, (await ChangeAsync(gateway)).Kind);
        Assert.Equal(new PhoneChange("alice", PhoneChangeKind.Gone, 0), await ChangeAsync(gateway));
    }

    [Fact]
    public async Task The_connection_of_a_phone_stays_and_takes_nothing_from_others_at_its_address()
    {
        var second = TimeSpan.FromSeconds(1);
        await using var gateway = await GatewayAsync(SipTransport.Tcp, new SipTransportLimits
        {
            MaxUnexpectedPerAddress = 1, FirstMessageTimeout = second, UnexpectedLifetime = second, IdleTimeout = second,
        });
        using var phone = await SocketPhone.OpenAsync(gateway, Password);
        Assert.Equal(200, await phone.RegisterAsync());
        await AdmittedAsync(gateway); // and closed again, a second after it came
        gateway.Invite(Ring("alice"));
        Assert.Equal("INVITE", (await phone.MessageAsync() as SipRequest)?.Method.Name);
    }

    [Fact]
    public async Task Stun_is_answered_by_the_path_of_a_phone_only()
    {
        await using var gateway = await GatewayAsync();
        using var phone = await SocketPhone.OpenAsync(gateway, Password);
        using var other = await SocketPhone.OpenAsync(gateway, Password);
        Assert.Equal(200, await phone.RegisterAsync());
        await other.SendAsync(Binding());
        await phone.SendAsync(Binding());
        Assert.True(StunReader.TryRead(await phone.ReceiveAsync(), out var response, out _));
        Assert.Equal(phone.Address, response.XorMappedAddress?.ToIPEndPoint());
        Assert.Equal(0, other.Available);
    }

    [Fact]
    public async Task A_text_goes_to_every_phone_of_its_user_by_the_path_that_each_registered_by()
    {
        await using var gateway = await GatewayAsync();
        Assert.Equal(480, await gateway.SendMessageAsync("phones", "alice", "2 calls wait"));
        using var phone = await SocketPhone.OpenAsync(gateway, Password);
        Assert.Equal(200, await phone.RegisterAsync());
        var sending = gateway.SendMessageAsync("phones", "alice", "2 calls wait");
        var request = Assert.IsType<SipRequest>(await phone.MessageAsync());
        Assert.Equal(("MESSAGE", "sip:alice@192.168.1.7"), (request.Method.Name, request.Uri.ToString()));
        Assert.Equal("2 calls wait"u8.ToArray(), request.Body.ToArray());
        await phone.SendAsync(SipWriter.Write(SipResponse.CreateFor(request, 200, "p")));
        Assert.Equal(200, await sending);
    }

    [Fact]
    public async Task A_flood_of_registrations_leaves_the_calls_alone()
    {
        await using var gateway = await GatewayAsync();
        await using var phone = await PhoneAsync(gateway);
        await ChangeAsync(gateway);
        var call = gateway.Invite(Ring("alice"));
        var rung = await EndpointBench.IncomingAsync(phone);
        await rung.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        for (var i = 1; i <= 10; i++)
        {
            await using var flood = await SipSource.OpenAsync(gateway, $"127.0.1.{i}");
            await flood.FloodAsync("REGISTER", 300, $"flood{i}-");
        }
        await call.HangUpAsync();
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(rung);
        await EndpointBench.NextAsync<SipCallEvent.Ended>(rung);
        Assert.Equal(["alice"], gateway.RegisteredUsers);
    }

    private static SipInviteRequest Ring(string user) => EndpointBench.Call() with { Trunk = "phones", TargetUser = user };

    private static Task<SipEndpoint> GatewayAsync(
        SipTransport transport = SipTransport.Udp, SipTransportLimits? limits = null, SipTlsOptions? tls = null,
        IPhoneCredentials? store = null) =>
        EndpointBench.StartAsync(transport, tls: tls, limits: limits, trunks: new TrunkOptions
        {
            Name = "phones", Server = Realm,
            Profile = EndpointBench.Profile with { DigestChallenges = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5] },
            Registrar = new RegistrarOptions { Realm = Realm, Credentials = store ?? new OneUser() },
        });

    private static Task<SipEndpoint> PhoneAsync(
        SipEndpoint gateway, SipTransport transport = SipTransport.Udp, SipTlsOptions? tls = null, string user = "alice",
        string password = Password) =>
        EndpointBench.StartAsync(transport, tls: tls, trunks: EndpointBench.Trunk(EndpointBench.PortOf(gateway), transport) with
        {
            RegisterUser = user, Credentials = new SipCredentials(user, password), AllowedSources = [],
        });

    /// <summary>Tries until a connection of no phone is let in, and waits until it is closed.</summary>
    private static async Task AdmittedAsync(SipEndpoint gateway)
    {
        for (var status = 0; status == 0;)
        {
            using var other = await SocketPhone.OpenAsync(gateway, "wrong");
            status = await other.RegisterAsync();
            while (status != 0 && (await other.ReceiveAsync()).Length > 0)
                continue;
        }
    }

    private static byte[] Binding()
    {
        var buffer = new byte[64];
        var request = new StunWriter(buffer, StunClass.Request, new StunTransactionId(1, 2));
        Assert.True(request.TryFinish(out var length));
        return buffer[..length];
    }

    private static async Task<T> WithinAsync<T>(ValueTask<T> task) => await task.AsTask().WaitAsync(Timeout);

    private static Task<PhoneChange> ChangeAsync(SipEndpoint gateway) => WithinAsync(gateway.PhoneChanges.ReadAsync());

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!reached())
            await Task.Delay(5, timeout.Token);
    }

    private sealed class OneUser : IPhoneCredentials
    {
        public async ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation)
        {
            await Task.Yield();
            return user == "alice" ? new DigestSecrets { Password = Password } : null;
        }
    }

    private sealed class FailingStore : IPhoneCredentials
    {
        public ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation) =>
            throw new TimeoutException("The store is away.");
    }
}
