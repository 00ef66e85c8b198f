using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Dapper;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A TLS certificate is renewed under the running process: SIGHUP reads it again and ends nothing.</summary>
[Trait("Category", "Distribution")]
public sealed class RenewedCertificateTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    [Fact]
    public async Task Sighup_serves_the_renewed_certificate_and_the_live_call_goes_on()
    {
        Write("CN=first", days: 10);
        await bench.StartAsync();
        var (call, agent) = await bench.LiveAsync();
        Assert.Equal("CN=first", await ServedAsync());
        Assert.InRange(await DaysLeftAsync(), 9, 10);

        Write("CN=second", days: 90);
        bench.Signal("HUP");
        await Eventually.SeeAsync(ServedAsync, served => served == "CN=second", "the renewed certificate is served", _ => bench.Log());
        await Eventually.SeeAsync(() => bench.Log().Contains("SIGHUP", StringComparison.Ordinal), "the log says why", bench.Log);
        Assert.InRange(await DaysLeftAsync(), 89, 90);
        await Eventually.SeeAsync(AuditedAsync, seen => seen is ["node:worker"], "it is audited", seen => string.Join(", ", seen));

        await agent.HangUpAsync();
        await Eventually.SeeAsync(() => bench.RowsAsync(call), rows => rows is [{ Cause: "pbx_hung_up" }], "the call went on to its end");
        await bench.KillAsync();
    }

    private void Write(string name, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(days));
        File.WriteAllText(bench.CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(bench.KeyPath, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Reads the subject of the certificate that the listener shows.</summary>
    private async Task<string> ServedAsync()
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", bench.TlsPort);
        await using var tls = new SslStream(connection.GetStream(), false, (_, shown, _, _) => shown?.Subject is "CN=first" or "CN=second");
        await tls.AuthenticateAsClientAsync("gateway");
        return tls.RemoteCertificate!.Subject;
    }

    private async Task<string[]> AuditedAsync()
    {
        await using var connection = new NpgsqlConnection(bench.Postgres + ";Pooling=false");
        return [.. await connection.QueryAsync<string>(
            "SELECT actor FROM audit_entries WHERE action = 'node.reload' AND after->'errors' = '[]'")];
    }

    private async Task<double> DaysLeftAsync()
    {
        var (_, metrics) = await bench.GetAsync("/metrics");
        var line = Regex.Match(metrics, @"^gateway_sip_certificate_seconds\{certificate=""server""\} (\S+)$", RegexOptions.Multiline);
        return double.Parse(line.Groups[1].Value) / 86_400;
    }
}
