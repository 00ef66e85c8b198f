using Media.Engine.Session;
using Media.Native.Dtls;

namespace Media.Engine.Loop;

/// <summary>A certificate as the identity of a session.</summary>
internal sealed class DtlsIdentity(DtlsCertificate certificate) : IDtlsIdentity
{
    public string Fingerprint { get; } = certificate.Fingerprint.ToString();

    public IDtlsHandshake Begin(bool asClient, IReadOnlyList<string> peer)
    {
        DtlsFingerprint[] expected = [.. peer.Select(text => DtlsFingerprint.TryParse(text, out var fingerprint) ? fingerprint : default)];
        return new OpenSslHandshake(new DtlsEndpoint(asClient ? DtlsRole.Client : DtlsRole.Server, certificate, expected));
    }
}
