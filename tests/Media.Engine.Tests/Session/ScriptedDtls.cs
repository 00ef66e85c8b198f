using System.Security.Cryptography;
using System.Text;
using Media.Engine.Session;
using Media.Native.Dtls;
using Media.Protocols.Primitives;
using Media.Protocols.Srtp;

namespace Media.Engine.Tests.Session;

/// <summary>A certificate that is its fingerprint, for handshakes in virtual time.</summary>
internal sealed class ScriptedIdentity(byte seed) : IDtlsIdentity
{
    public string Fingerprint { get; } = string.Join(':', Enumerable.Repeat($"{seed:X2}", 32));

    /// <summary>The fingerprint that the peer is shown; another one than <see cref="Fingerprint"/> is found out.</summary>
    public string? Shown { get; init; }

    public IDtlsHandshake Begin(bool asClient, IReadOnlyList<string> peer) => new ScriptedHandshake(asClient, Shown ?? Fingerprint, peer);
}

/// <summary>
/// A handshake of two messages, each the sender's fingerprint, that survives loss as DTLS does: the client repeats its own until it is
/// answered. Both sides make the same keys of both fingerprints, as an exporter would.
/// </summary>
internal sealed class ScriptedHandshake(bool isClient, string fingerprint, IReadOnlyList<string> expected) : IDtlsHandshake
{
    private const byte HandshakeRecord = 22, AlertRecord = 21;

    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMilliseconds(200);

    private readonly Queue<byte[]> _sending = new();
    private string? _peer;

    public DtlsState State { get; private set; }

    public DtlsFailure Failure { get; private set; }

    public Instant NextDeadline { get; private set; } = Instant.Never;

    public void Start(Instant now)
    {
        if (isClient && State == DtlsState.New)
            Say(now);
    }

    public void HandleDatagram(ReadOnlySpan<byte> datagram, Instant now)
    {
        if (datagram[0] == AlertRecord && State == DtlsState.Connected)
            State = DtlsState.Closed;
        if (datagram[0] != HandshakeRecord || State is DtlsState.Closed or DtlsState.Failed)
            return;
        _peer = Encoding.ASCII.GetString(datagram[1..]);
        if (!expected.Contains(_peer))
        {
            (State, Failure) = (DtlsState.Failed, DtlsFailure.FingerprintMismatch);
            return;
        }
        if (!isClient)
            Say(now);
        (State, NextDeadline) = (DtlsState.Connected, Instant.Never);
    }

    public void HandleDeadline(Instant now)
    {
        if (NextDeadline <= now)
            Say(now);
    }

    public bool TryPollTransmit(Span<byte> buffer, out int length)
    {
        length = 0;
        if (!_sending.TryDequeue(out var datagram))
            return false;
        datagram.CopyTo(buffer);
        length = datagram.Length;
        return true;
    }

    public bool TryGetKeys(out HandshakeKeys keys)
    {
        keys = default;
        if (State != DtlsState.Connected)
            return false;
        var both = Encoding.ASCII.GetBytes(isClient ? fingerprint + _peer : _peer + fingerprint);
        const SrtpProfile Profile = SrtpProfile.AesCm128HmacSha1_80;
        if (!SrtpKeys.TrySplitExporter(Profile, SHA512.HashData(both).AsSpan(0, Profile.ExporterLength()), out var client, out var server))
            return false;
        keys = isClient ? new HandshakeKeys(Profile, client, server) : new HandshakeKeys(Profile, server, client);
        return true;
    }

    public void Shutdown()
    {
        if (State == DtlsState.Connected)
            _sending.Enqueue([AlertRecord]);
        State = DtlsState.Closed;
    }

    public void Dispose()
    {
    }

    private void Say(Instant now)
    {
        _sending.Enqueue([HandshakeRecord, .. Encoding.ASCII.GetBytes(fingerprint)]);
        if (State == DtlsState.New)
            State = DtlsState.Handshaking;
        NextDeadline = isClient ? now + RepeatAfter : Instant.Never;
    }
}
