using Gateway.Sip.Endpoint;
using Gateway.Sip.Tests.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Transport;

[Trait("Category", "Distribution")]
public class TlsTests
{
    [Theory]
    [InlineData("authority", "of an authority that is not trusted")]
    [InlineData("name", "for another name")]
    [InlineData("expired", "expired or not valid yet")]
    public async Task A_trunk_that_is_down_says_what_is_wrong_with_its_certificate(string fault, string reason)
    {
        using var theirs = new TestCertificates(fault == "name" ? "pbx.example" : "127.0.0.1", fault == "expired" ? -1 : 180);
        using var others = new TestCertificates();
        await using var pbx = await StartAsync(theirs.Options, EndpointBench.Trunk(9, SipTransport.Tls));
        await using var gateway = await StartAsync(
            others.Options with { AuthorityPath = fault == "authority" ? others.AuthorityPath : theirs.AuthorityPath }, To(pbx));
        await UntilAsync(() => gateway.GetTrunkHealth("pbx")!.State == TrunkState.Down);
        Assert.Contains(reason, gateway.GetTrunkHealth("pbx")!.Cause);
    }

    [Theory]
    [InlineData(ClientCertificates.Required, true, true)]
    [InlineData(ClientCertificates.Required, false, false)]
    [InlineData(ClientCertificates.Optional, true, true)]
    [InlineData(ClientCertificates.Optional, false, false)]
    [InlineData(ClientCertificates.None, false, true)]
    [InlineData(ClientCertificates.None, true, true)]
    public async Task A_peer_that_wants_our_certificate_gets_that_of_the_trunk(ClientCertificates wanted, bool hasOwn, bool connects)
    {
        using var certificates = new TestCertificates();
        await using var pbx = await StartAsync(
            certificates.Options with { ClientCertificates = wanted }, EndpointBench.Trunk(9, SipTransport.Tls));
        using var strange = new TestCertificates(); // of an authority that the PBX does not trust
        var trunk = hasOwn ? To(pbx) with { CertificatePath = certificates.CertificatePath, KeyPath = certificates.KeyPath } : To(pbx);
        await using var gateway = await StartAsync(strange.Options with { AuthorityPath = certificates.AuthorityPath }, trunk);
        await UntilAsync(() => gateway.GetTrunkHealth("pbx")!.State != TrunkState.Unknown);
        Assert.Equal(connects ? TrunkState.Up : TrunkState.Down, gateway.GetTrunkHealth("pbx")!.State);
    }

    [Fact]
    public async Task A_renewed_certificate_serves_new_connections_and_a_broken_one_leaves_the_old()
    {
        using var certificates = new TestCertificates(days: 3);
        using var renewed = new TestCertificates(days: 90);
        await using var pbx = await StartAsync(certificates.Options, EndpointBench.Trunk(9, SipTransport.Tls));
        Assert.InRange((pbx.CertificateExpiries.Single().NotAfter - DateTime.UtcNow).TotalDays, 2, 4);
        File.WriteAllText(certificates.CertificatePath, "nothing");
        pbx.ReloadCertificates();
        Assert.InRange((pbx.CertificateExpiries.Single().NotAfter - DateTime.UtcNow).TotalDays, 2, 4);
        File.Copy(renewed.CertificatePath, certificates.CertificatePath, overwrite: true);
        File.Copy(renewed.KeyPath, certificates.KeyPath, overwrite: true);
        pbx.ReloadCertificates();
        Assert.InRange((pbx.CertificateExpiries.Single().NotAfter - DateTime.UtcNow).TotalDays, 80, 91);
        await using var gateway = await StartAsync(renewed.Options, To(pbx));
        await UntilAsync(() => gateway.GetTrunkHealth("pbx")!.State == TrunkState.Up);
    }

    private static TrunkOptions To(SipEndpoint pbx) => EndpointBench.Trunk(EndpointBench.PortOf(pbx), SipTransport.Tls) with
    {
        Profile = EndpointBench.Profile with { OptionsInterval = 30 },
    };

    private static Task<SipEndpoint> StartAsync(SipTlsOptions tls, TrunkOptions trunk) =>
        EndpointBench.StartAsync(SipTransport.Tls, tls: tls, trunks: trunk);

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!reached())
            await Task.Delay(5, timeout.Token);
    }
}
