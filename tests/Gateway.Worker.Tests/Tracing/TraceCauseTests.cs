using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Calls;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Graph;
using Sandbox.Users;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>Prepared failures, each of which the first line of its call's trace explains by itself.</summary>
[Collection(StoresCollection.Name)]
public sealed class TraceCauseTests(Stores stores)
{
    private const string OnlyG729 = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n";

    [Fact]
    public async Task A_PBX_that_answers_503()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(503);
        await bench.EndsAsync(call, HangupCause.PbxUnreachable);
        Assert.Equal("PBX main answered 503 Service Unavailable to INVITE", (await bench.TraceAsync(call.User)).Summary);
    }

    [Fact]
    public async Task Codecs_that_we_do_not_speak()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.Sip.AnswerAsync(OnlyG729);
        await bench.EndsAsync(call, HangupCause.IncompatibleMedia);
        Assert.Equal("no common codec: the PBX main offers G729 only", (await bench.TraceAsync(call.User)).Summary);
    }

    [Fact]
    public async Task A_user_whose_network_lets_no_media_through()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Calls = options.Calls with { MediaConnect = TimeSpan.FromSeconds(1) } });
        var call = await bench.WhatsApp.PlaceAsync(); // a handset without media: nothing is at its address
        await (await bench.Pbx.NextAsync()).AnswerAsync();
        await bench.EndsAsync(call, HangupCause.MediaFailed);
        Assert.Matches("^ICE: no check of the user was answered in [1-9][0-9]* s$", (await bench.TraceAsync(call.User)).Summary);
    }

    [Fact]
    public async Task A_user_who_has_not_permitted_calls_at_Meta()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Plan(new PlannedFault { Action = "connect", Status = 401, Code = 138006, Title = "No call permission" });
        var user = bench.WhatsApp.User();
        await bench.Pbx.Dial(user.Phone).FailedAsync();
        await bench.EndsAsync(user, HangupCause.NotPermitted);
        Assert.StartsWith(
            "Meta refused connect: 138006 No call permission", (await bench.TraceAsync(user)).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_without_money()
    {
        await using var purse = await Purse.OpenAsync(stores.Postgres, 0.25m);
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        await bench.Pbx.Dial(user.Phone).FailedAsync();
        await bench.EndsAsync(user, HangupCause.BalanceTooLow);
        Assert.StartsWith("balance is too low: 0.25 ", (await bench.TraceAsync(user)).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_PBX_with_a_certificate_that_nobody_signed()
    {
        using var certificate = SelfSigned();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var accepting = AcceptAsync(server, certificate);
        var (path, key) = (Path.GetTempFileName(), Path.GetTempFileName());
        await File.WriteAllTextAsync(path, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await using (var bench = await CallBench.StartAsync(stores, options => options with
        {
            Sip = options.Sip with
            {
                Listen = [.. options.Sip.Listen, $"tls:127.0.0.1:{LoopbackPorts.Take()}"],
                Tls = new SipTlsOptions { CertificatePath = path, KeyPath = key },
                Trunks =
                [
                    CallBench.Trunk("main", ((IPEndPoint)server.LocalEndpoint).Port) with { Transport = SipTransport.Tls },
                ],
            },
        }))
        {
            var call = await bench.WhatsApp.PlaceAsync();
            await bench.EndsAsync(call, HangupCause.PbxUnreachable);
            Assert.StartsWith(
                "PBX main: the PBX's certificate is not trusted: ", (await bench.TraceAsync(call.User)).Summary, StringComparison.Ordinal);
        }
        server.Stop();
        await accepting;
        File.Delete(path);
        File.Delete(key);
    }

    [Fact]
    public async Task A_registration_with_a_wrong_password()
    {
        await using var registrar = new ForbiddingRegistrar();
        await using var bench = await CallBench.StartAsync(stores, options => options with
        {
            Sip = options.Sip with
            {
                Trunks =
                [
                    CallBench.Trunk("main", registrar.Port) with { Register = "100", User = "100", Password = new Secret("wrong") },
                ],
            },
        });
        await Eventually.SeeAsync(
            () => bench.Gateway.MetricAsync("gateway_sip_trunk_registered", "trunk=\"main\""), seen => seen == 0, "it is not registered");
        var call = await bench.WhatsApp.PlaceAsync();
        await bench.EndsAsync(call, HangupCause.PbxFailed);
        Assert.Equal(
            "wrong registration password on trunk main: REGISTER answered 403 Forbidden", (await bench.TraceAsync(call.User)).Summary);
    }

    [Fact]
    public async Task A_PBX_that_is_never_heard()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Media = options.Media with { MediaTimeout = TimeSpan.FromSeconds(1) } });
        var call = await bench.TalkToSilentPhoneAsync();
        await Eventually.SeeAsync(
            () => bench.Gateway.MetricAsync("gateway_media_timeouts_total", "leg=\"pbx\""), seen => seen > 0, "the PBX is silent");
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        Assert.Equal("one-way audio: nothing heard from the PBX main", (await bench.TraceAsync(call.User)).Summary);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>Shows the certificate to all who come, to the end of the listener.</summary>
    private static async Task AcceptAsync(TcpListener server, X509Certificate2 certificate)
    {
        try
        {
            while (true)
            {
                using var connection = await server.AcceptTcpClientAsync();
                await using var tls = new SslStream(connection.GetStream());
                await Task.WhenAny(tls.AuthenticateAsServerAsync(certificate));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // the test is over
        }
    }
}
