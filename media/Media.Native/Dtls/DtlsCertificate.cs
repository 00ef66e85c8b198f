using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Media.Native.Crypto;

namespace Media.Native.Dtls;

/// <summary>
/// A self-signed ECDSA P-256 certificate with its key, and the OpenSSL context that every handshake under it shares. It authenticates
/// nobody by itself: the peer trusts its fingerprint because signalling carried it (RFC 5763 §5). Thread-safe; make one for the process,
/// since all of them look alike to the peers; dispose it after its endpoints.
/// </summary>
public sealed unsafe class DtlsCertificate : IDisposable
{
    /// <summary>The validity of a certificate; RFC 8827 §6.5 only asks that it be limited.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private DtlsCertificate(SslContextHandle context, DtlsOptions options, DtlsFingerprint fingerprint, DateTimeOffset expires)
    {
        Context = context;
        Options = options;
        Fingerprint = fingerprint;
        Expires = expires;
    }

    /// <summary>The value of <c>a=fingerprint:sha-256</c>.</summary>
    public DtlsFingerprint Fingerprint { get; }

    public DateTimeOffset Expires { get; }

    internal SslContextHandle Context { get; }

    internal DtlsOptions Options { get; }

    /// <summary>Makes a new key and certificate, valid from a day ago (peers' clocks differ) for <see cref="Lifetime"/>.</summary>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    /// <exception cref="NativeException">OpenSSL refuses an option or the key.</exception>
    public static DtlsCertificate Generate(TimeProvider time, DtlsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        options ??= new DtlsOptions();
        options.ThrowIfInvalid();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = "CN=" + RandomNumberGenerator.GetHexString(16, lowercase: true);
        var now = time.GetUtcNow();
        using var certificate = new CertificateRequest(name, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-1), now + Lifetime);
        var context = DtlsContext.Create(options);
        var der = certificate.RawData;
        var privateKey = key.ExportECPrivateKey();
        try
        {
            if (LibSsl.UseCertificate(context, der.Length, der) == 1
                && LibSsl.UsePrivateKey(LibSsl.KeyTypeEc, context, privateKey, privateKey.Length) == 1)
                return new DtlsCertificate(context, options, DtlsFingerprint.Of(der), now + Lifetime);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
        context.Dispose();
        throw new NativeException($"OpenSSL refuses the DTLS certificate: {OpenSslErrors.Drain()}.");
    }

    public void Dispose() => Context.Dispose();
}
