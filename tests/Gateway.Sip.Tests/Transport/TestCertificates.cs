using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Sip.Transport;

namespace Gateway.Sip.Tests.Transport;

/// <summary>An authority and a server certificate, as PEM files in a folder of their own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sip-tls");

    /// <param name="name">The subject of the certificate.</param>
    /// <param name="days">The validity from now; negative: it has expired.</param>
    public TestCertificates(string name = "127.0.0.1", int days = 180)
    {
        var from = DateTimeOffset.UtcNow.AddDays(-100);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Test Authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(from, from.AddYears(1));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pbx.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, from, DateTimeOffset.UtcNow.AddDays(days), [1, 2, 3, 4]);

        File.WriteAllText(AuthorityPath, authority.ExportCertificatePem());
        File.WriteAllText(CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(KeyPath, key.ExportPkcs8PrivateKeyPem());
    }

    public string AuthorityPath => Path.Combine(_folder.FullName, "authority.pem");

    public string CertificatePath => Path.Combine(_folder.FullName, "server.pem");

    public string KeyPath => Path.Combine(_folder.FullName, "server.key");

    public SipTlsOptions Options => new() { CertificatePath = CertificatePath, KeyPath = KeyPath, AuthorityPath = AuthorityPath };

    public void Dispose() => _folder.Delete(recursive: true);
}
