using Media.Engine.Session;
using Media.Native.Dtls;
using Media.Protocols.Primitives;
using Media.Protocols.Srtp;

namespace Media.Engine.Loop;

/// <summary>
/// OpenSSL's DTLS. Its retransmission timer runs on the host's clock, so it belongs to the shell; disposes of the endpoint.
/// </summary>
internal sealed class OpenSslHandshake(DtlsEndpoint endpoint) : IDtlsHandshake
{
    public DtlsState State => endpoint.State;

    public DtlsFailure Failure => endpoint.Failure;

    public Instant NextDeadline { get; private set; } = Instant.Never;

    public void Start(Instant now)
    {
        if (endpoint.Role == DtlsRole.Client)
            endpoint.Start();
        Schedule(now);
    }

    public void HandleDatagram(ReadOnlySpan<byte> datagram, Instant now)
    {
        endpoint.HandleDatagram(datagram);
        Schedule(now);
    }

    public void HandleDeadline(Instant now)
    {
        endpoint.HandleTimeout();
        Schedule(now);
    }

    public bool TryPollTransmit(Span<byte> buffer, out int length) => endpoint.TryPollTransmit(buffer, out length);

    public bool TryGetKeys(out HandshakeKeys keys)
    {
        keys = default;
        if (!endpoint.TryExportKeys(out var exported))
            return false;
        keys = new HandshakeKeys(
            (SrtpProfile)exported.Profile, // both are IANA's numbers
            new SrtpKeys(exported.LocalKey, exported.LocalSalt), new SrtpKeys(exported.RemoteKey, exported.RemoteSalt));
        exported.Clear();
        return true;
    }

    public void Shutdown() => endpoint.Shutdown();

    public void Dispose() => endpoint.Dispose();

    private void Schedule(Instant now) => NextDeadline = endpoint.TimeUntilRetransmit is { } wait ? now + wait : Instant.Never;
}
