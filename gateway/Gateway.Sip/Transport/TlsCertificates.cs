using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Sip.Transport;

/// <summary>
/// What TLS needs on both sides, read once from PEM files. No ALPN is offered: peers exist that refuse "sip" (Meta's SIP server answers with
/// alert 120). No client certificate is asked for.
/// </summary>
internal sealed class TlsCertificates
{
    private readonly SslStreamCertificateContext? _server;
    private readonly X509Certificate2Collection? _authorities;
    private readonly bool _acceptAny;

    private TlsCertificates(SslStreamCertificateContext? server, X509Certificate2Collection? authorities, bool acceptAny) =>
        (_server, _authorities, _acceptAny) = (server, authorities, acceptAny);

    /// <exception cref="CryptographicException">A file is missing or no certificate, or the key does not fit.</exception>
    public static TlsCertificates Load(SipTlsOptions options)
    {
        SslStreamCertificateContext? server = null;
        if (options.CertificatePath is { } path)
        {
            var leaf = X509Certificate2.CreateFromPemFile(path, options.KeyPath);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(path);
            server = SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }
        X509Certificate2Collection? authorities = null;
        if (options.AuthorityPath is { } authorityPath)
        {
            authorities = [];
            authorities.ImportFromPemFile(authorityPath);
        }
        return new TlsCertificates(server, authorities, options.AcceptAnyServerCertificate);
    }

    public bool CanServe => _server is not null;

    public SslServerAuthenticationOptions ServerOptions() => new() { ServerCertificateContext = _server };

    public static SslClientAuthenticationOptions ClientOptions(TlsCertificates? certificates, SipFlow flow)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = flow.ServerName ?? flow.Remote.ToIPAddress().ToString() };
        if (certificates is null)
            return options;
        if (certificates._acceptAny)
#pragma warning disable CA5359 // the operator asked for it by a name that says what it does
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        else if (certificates._authorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            options.CertificateChainPolicy = policy;
        }
        return options;
    }
}
