using Media.Native.Dtls;

namespace Media.Engine.Loop;

/// <summary>
/// The certificate that new calls show. A process outlives a certificate, so the next one is made in time; the ones before stay until the
/// end, since calls may still use them. Thread-safe.
/// </summary>
internal sealed class DtlsCertificates(TimeProvider time) : IDisposable
{
    /// <summary>Longer than any call lasts.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromDays(2);

    private readonly Lock _lock = new();
    private readonly List<DtlsCertificate> _all = [DtlsCertificate.Generate(time)];

    public DtlsCertificate Current
    {
        get
        {
            lock (_lock)
            {
                if (_all[^1].Expires - time.GetUtcNow() < Reserve)
                    _all.Add(DtlsCertificate.Generate(time));
                return _all[^1];
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _all.ForEach(certificate => certificate.Dispose());
    }
}
