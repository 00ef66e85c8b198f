using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Transport;

/// <summary>
/// The certificates that TLS needs on both sides: ours, that of the listeners and those of trunks, and the authorities of peers. No ALPN is
/// offered: peers exist that refuse "sip" (Meta's SIP server answers with alert 120).
/// </summary>
internal sealed partial class TlsCertificates
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(10);

    private readonly PemCertificate? _server;
    private readonly Dictionary<string, PemCertificate> _ofTrunks = [];
    private readonly X509Certificate2Collection? _authorities;
    private readonly bool _acceptAny;
    private readonly ClientCertificates _clients;
    private readonly LogLimit _failureLog = new(TimeSpan.FromMinutes(10));
    private readonly InstantClock _clock;
    private readonly ILogger _logger;

    /// <exception cref="CryptographicException">A file is missing or no certificate, or the key does not fit.</exception>
    public TlsCertificates(SipEndpointOptions options, TimeProvider time, ILogger logger)
    {
        var tls = options.Tls ?? new SipTlsOptions();
        _clock = new InstantClock(time);
        _logger = logger;
        _acceptAny = tls.AcceptAnyServerCertificate;
        _clients = tls.ClientCertificates;
        if (tls.CertificatePath is { } path)
            _server = new PemCertificate("server", path, tls.KeyPath);
        foreach (var trunk in options.Trunks)
            if (trunk.CertificatePath is { } own)
                _ofTrunks.Add(trunk.Name, new PemCertificate(trunk.Name, own, trunk.KeyPath));
        if (tls.AuthorityPath is not { } authorityPath)
            return;
        _authorities = [];
        _authorities.ImportFromPemFile(authorityPath);
    }

    public bool CanServe => _server is not null;

    private IEnumerable<PemCertificate> Ours => _server is null ? _ofTrunks.Values : _ofTrunks.Values.Prepend(_server);

    /// <summary>Our certificates by name, and when each runs out (UTC).</summary>
    public IEnumerable<(string Name, DateTime NotAfter)> Expiries => Ours.Select(certificate => (certificate.Name, certificate.NotAfter));

    /// <summary>Takes changed files.</summary>
    public void Reload()
    {
        foreach (var certificate in Ours)
        {
            try
            {
                if (certificate.Reload())
                    LogReloaded(_logger, certificate.Name, certificate.NotAfter);
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                if (_failureLog.TryPass(_clock.Now, out _))
                    LogNotReloaded(_logger, certificate.Name, e.Message);
            }
        }
    }

    /// <summary>Looks at the files from time to time until it is disposed.</summary>
    public ITimer Watch(TimeProvider time) => time.CreateTimer(_ => Reload(), null, WatchInterval, WatchInterval);

    public SslServerAuthenticationOptions ServerOptions(TlsVerdict verdict)
    {
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = _server!.Context };
        if (_clients == ClientCertificates.None)
            return options;
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = Policy();
        options.RemoteCertificateValidationCallback = (_, _, chain, errors) =>
            verdict.Judge(chain, errors, mayBeAbsent: _clients == ClientCertificates.Optional);
        return options;
    }

    /// <param name="flow">Whose server name the peer has to prove.</param>
    /// <param name="trunk">Null: of none.</param>
    /// <param name="verdict">Learns why the peer's certificate is refused.</param>
    public SslClientAuthenticationOptions ClientOptions(SipFlow flow, string? trunk, TlsVerdict verdict)
    {
        var own = (trunk is null ? null : _ofTrunks.GetValueOrDefault(trunk)) ?? _server;
        return new SslClientAuthenticationOptions
        {
            TargetHost = flow.ServerName ?? flow.Remote.ToIPAddress().ToString(),
            ClientCertificateContext = own?.Context,
            CertificateChainPolicy = Policy(),
            RemoteCertificateValidationCallback = (_, _, chain, errors) => _acceptAny || verdict.Judge(chain, errors, mayBeAbsent: false),
        };
    }

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (_authorities is null)
            return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The renewed TLS certificate {Name} is in use; it is good until {NotAfter:u}")]
    private static partial void LogReloaded(ILogger logger, string name, DateTime notAfter);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The changed TLS certificate {Name} cannot be used, the previous one stays: {Error}")]
    private static partial void LogNotReloaded(ILogger logger, string name, string error);
}
