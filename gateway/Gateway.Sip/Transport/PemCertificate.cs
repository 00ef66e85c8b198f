using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Sip.Transport;

/// <summary>
/// A certificate of ours with its chain and key, from PEM files that are read again when they change: renewed certificates serve new
/// connections at once. Files that cannot be used leave the previous ones in force. Safe for use from several threads.
/// </summary>
internal sealed class PemCertificate
{
    private readonly string? _keyPath;
    private volatile SslStreamCertificateContext _context;
    private (string, string) _fingerprints;

    /// <exception cref="CryptographicException">A file is no certificate, or the key does not fit.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public PemCertificate(string name, string path, string? keyPath)
    {
        (Name, Path, _keyPath) = (name, path, keyPath);
        _fingerprints = Fingerprints();
        _context = Read();
    }

    /// <summary>For metrics: "server", or the trunk's name.</summary>
    public string Name { get; }

    /// <summary>Of the certificate.</summary>
    public string Path { get; }

    public string Thumbprint => _context.TargetCertificate.Thumbprint;

    public SslStreamCertificateContext Context => _context;

    public DateTime NotAfter => _context.TargetCertificate.NotAfter.ToUniversalTime();

    /// <summary>True when changed files were taken; false when nothing changed.</summary>
    /// <param name="now">A changed certificate that has run out by then is not taken.</param>
    /// <exception cref="CryptographicException">The changed files cannot be used.</exception>
    public bool Reload(DateTimeOffset now)
    {
        var fingerprints = Fingerprints();
        if (fingerprints == _fingerprints)
            return false;
        var renewed = Read();
        if (renewed.TargetCertificate.NotAfter.ToUniversalTime() < now.UtcDateTime)
            throw new CryptographicException($"it ran out on {renewed.TargetCertificate.NotAfter.ToUniversalTime():u}");
        _context = renewed;
        // not before: certificate and key are replaced one after the other, and until both are there it is tried again
        _fingerprints = fingerprints;
        return true;
    }

    /// <summary>By content: links that are moved (Kubernetes, certbot) and copies that keep their time are seen too.</summary>
    private (string, string) Fingerprints() => (Fingerprint(Path), _keyPath is null ? "" : Fingerprint(_keyPath));

    private static string Fingerprint(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    private SslStreamCertificateContext Read()
    {
        var leaf = X509Certificate2.CreateFromPemFile(Path, _keyPath);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(Path);
        return SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }
}
