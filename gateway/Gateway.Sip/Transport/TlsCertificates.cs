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

    private readonly LogLimit _failureLog = new(TimeSpan.FromMinutes(10));
    private readonly InstantClock _clock;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile TlsMaterial _material;

    /// <exception cref="CryptographicException">A file is missing or no certificate, or the key does not fit.</exception>
    public TlsCertificates(SipEndpointOptions options, TimeProvider time, ILogger logger)
    {
        (_clock, _time, _logger) = (new InstantClock(time), time, logger);
        _material = TlsMaterial.Load(options.Tls, options.Trunks);
    }

    /// <summary>The certificates that new connections use; those that exist keep theirs.</summary>
    public TlsMaterial Material
    {
        get => _material;
        set => _material = value;
    }

    public bool CanServe => _material.Server is not null;

    /// <summary>Our certificates by name, and when each runs out (UTC).</summary>
    public IEnumerable<(string Name, DateTime NotAfter)> Expiries =>
        _material.Ours.Select(certificate => (certificate.Name, certificate.NotAfter));

    /// <summary>Takes changed files.</summary>
    public void Reload()
    {
        foreach (var certificate in _material.Ours)
        {
            try
            {
                if (certificate.Reload(_time.GetUtcNow()))
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
        var material = _material;
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = material.Server!.Context };
        if (material.Clients == ClientCertificates.None)
            return options;
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = Policy(material);
        options.RemoteCertificateValidationCallback = (_, _, chain, errors) =>
            verdict.Judge(chain, errors, mayBeAbsent: material.Clients == ClientCertificates.Optional);
        return options;
    }

    /// <param name="flow">Whose server name the peer has to prove.</param>
    /// <param name="trunk">Null: of none.</param>
    /// <param name="verdict">Learns why the peer's certificate is refused.</param>
    public SslClientAuthenticationOptions ClientOptions(SipFlow flow, string? trunk, TlsVerdict verdict)
    {
        var material = _material;
        return new SslClientAuthenticationOptions
        {
            TargetHost = flow.ServerName ?? flow.Remote.ToIPAddress().ToString(),
            ClientCertificateContext = material.For(trunk)?.Context,
            CertificateChainPolicy = Policy(material),
            RemoteCertificateValidationCallback = (_, _, chain, errors) =>
                material.AcceptAny || verdict.Judge(chain, errors, mayBeAbsent: false),
        };
    }

    private static X509ChainPolicy Policy(TlsMaterial material)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (material.Authorities is null)
            return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(material.Authorities);
        return policy;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The renewed TLS certificate {Name} is in use; it is good until {NotAfter:u}")]
    private static partial void LogReloaded(ILogger logger, string name, DateTime notAfter);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The changed TLS certificate {Name} cannot be used, the previous one stays: {Error}")]
    private static partial void LogNotReloaded(ILogger logger, string name, string error);
}
