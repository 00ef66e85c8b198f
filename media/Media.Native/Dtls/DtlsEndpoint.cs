using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Media.Native.Crypto;

namespace Media.Native.Dtls;

/// <summary>
/// One DTLS 1.2 association for DTLS-SRTP (RFC 6347, RFC 5764): datagrams in, datagrams out, keys at the end. It owns no socket; feed it
/// only what came from an address ICE has validated. Its retransmission timer runs on the host's clock, inside OpenSSL. One thread at a
/// time. Malformed, unauthenticated and replayed records are dropped, as RFC 6347 §4.1.2.7 asks; nothing a peer sends throws.
/// </summary>
public sealed unsafe class DtlsEndpoint : IDisposable
{
    private const int ScratchSize = 2048;
    private static readonly byte[] ExporterLabel = "EXTRACTOR-dtls_srtp"u8.ToArray(); // RFC 5764 §4.2

    private readonly SslHandle _ssl;
    private readonly nint _input;  // memory BIOs, owned by the SSL
    private readonly nint _output;
    private readonly DtlsCallbackData* _data;
    private readonly int _maxDatagram;
    private ulong _plainRecords;
    private byte? _unprovenAlert;

    /// <param name="role">The role: the client begins.</param>
    /// <param name="certificate">Ours.</param>
    /// <param name="expectedPeers">
    /// The peer shows a certificate with one of these hashes (RFC 8122 §5); those after the fourth are ignored.
    /// </param>
    /// <exception cref="NativeException">OpenSSL has no memory.</exception>
    public DtlsEndpoint(DtlsRole role, DtlsCertificate certificate, params ReadOnlySpan<DtlsFingerprint> expectedPeers)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        Role = role;
        _maxDatagram = certificate.Options.MaxDatagramSize;
        _ssl = LibSsl.NewSsl(certificate.Context);
        if (_ssl.IsInvalid)
            throw new NativeException($"OpenSSL cannot create a DTLS endpoint: {OpenSslErrors.Drain()}.");
        _data = (DtlsCallbackData*)NativeMemory.AllocZeroed((nuint)sizeof(DtlsCallbackData));
        expectedPeers[..Math.Min(expectedPeers.Length, DtlsFingerprints.MaxCount)].CopyTo(_data->ExpectedPeers);
        _data->FirstRetransmitMicroseconds = (uint)certificate.Options.FirstRetransmit.TotalMicroseconds;
        _data->MaxRetransmitMicroseconds = (uint)certificate.Options.MaxRetransmit.TotalMicroseconds;
        _ssl.CallbackData = (nint)_data;
        _ = LibSsl.SetExData(_ssl, DtlsContext.CallbackDataIndex, (nint)_data);
        LibSsl.SetTimerCallback(_ssl, &DtlsContext.NextTimeout);
        _ = LibSsl.ControlSsl(_ssl, LibSsl.ControlSetMtu, _maxDatagram, null);
        _input = LibSsl.NewBio(LibSsl.MemoryMethod());
        _output = LibSsl.NewBio(LibSsl.MemoryMethod());
        LibSsl.SetBio(_ssl, _input, _output);
        if (role == DtlsRole.Client)
            LibSsl.SetConnectState(_ssl);
        else
            LibSsl.SetAcceptState(_ssl);
    }

    public DtlsRole Role { get; }

    public DtlsState State { get; private set; }

    public DtlsFailure Failure { get; private set; }

    /// <summary>The detail behind <see cref="Failure"/>, in OpenSSL's words where it reported it; for the log.</summary>
    public string? FailureReason { get; private set; }

    /// <summary>The time until <see cref="HandleTimeout"/> must be called; null when nothing is outstanding.</summary>
    public TimeSpan? TimeUntilRetransmit
    {
        get
        {
            TimeValue left;
            if (State is not (DtlsState.Handshaking or DtlsState.Connected)
                || LibSsl.ControlSsl(_ssl, LibSsl.ControlDtlsGetTimeout, 0, &left) != 1)
                return null;
            return new TimeSpan(left.Seconds * TimeSpan.TicksPerSecond + left.Microseconds * TimeSpan.TicksPerMicrosecond);
        }
    }

    /// <summary>Client: sends the ClientHello. Server: waits for one. Does nothing when already started.</summary>
    public void Start()
    {
        if (State != DtlsState.New)
            return;
        State = DtlsState.Handshaking;
        Advance();
    }

    /// <summary>Takes one datagram from the peer; afterwards drain <see cref="TryPollTransmit"/> and look at <see cref="State"/>.</summary>
    public void HandleDatagram(ReadOnlySpan<byte> datagram)
    {
        while (State is not (DtlsState.Closed or DtlsState.Failed) && DtlsRecords.TryTake(ref datagram, out var record))
        {
            if (DtlsRecords.IsPlausible(record, Role, State == DtlsState.Connected))
                HandleRecord(record);
            else if (DtlsRecords.IsPlain(record) && record[0] == DtlsRecords.Alert && record.Length == DtlsRecords.HeaderSize + 2)
                _unprovenAlert = record[^1]; // anybody may have sent it, so it only explains a failure that comes anyway
        }
    }

    /// <summary>Retransmits the last flight if its time has come; harmless when it has not.</summary>
    public void HandleTimeout()
    {
        if (State is not (DtlsState.Handshaking or DtlsState.Connected))
            return;
        LibCrypto.ClearErrors();
        if (LibSsl.ControlSsl(_ssl, LibSsl.ControlDtlsHandleTimeout, 0, null) < 0)
            FailByTimeout();
    }

    /// <summary>
    /// Takes the next datagram to send. Records that OpenSSL wrote together share a datagram as long as it fits
    /// <see cref="DtlsOptions.MaxDatagramSize"/>.
    /// </summary>
    /// <param name="buffer">At least <see cref="DtlsOptions.MaxDatagramSize"/> bytes.</param>
    /// <param name="length">The datagram's length.</param>
    /// <returns>False when there is nothing to send.</returns>
    /// <exception cref="ArgumentException">The buffer is smaller than that.</exception>
    public bool TryPollTransmit(Span<byte> buffer, out int length)
    {
        if (buffer.Length < _maxDatagram)
            throw new ArgumentException($"A datagram may have {_maxDatagram} bytes.", nameof(buffer));
        length = 0;
        if (_ssl.IsClosed)
            return false;
        byte* pending;
        var available = (int)LibSsl.ControlBio(_output, LibSsl.BioControlInfo, 0, &pending);
        length = DtlsRecords.MeasureDatagram(new ReadOnlySpan<byte>(pending, available), _maxDatagram);
        if (length == 0)
            return false;
        fixed (byte* bytes = buffer)
            return LibSsl.ReadBio(_output, bytes, length) == length;
    }

    /// <summary>SRTP keys of the finished handshake; false until <see cref="State"/> is <see cref="DtlsState.Connected"/>.</summary>
    public bool TryExportKeys([NotNullWhen(true)] out DtlsSrtpKeys? keys)
    {
        keys = null;
        if (State != DtlsState.Connected || _data->Verdict != 1)
            return false;
        var profile = (DtlsSrtpProfile)LibSsl.GetSelectedSrtpProfile(_ssl)->Id;
        Span<byte> material = stackalloc byte[2 * (DtlsSrtpProfiles.KeySize + profile.SaltSize())];
        fixed (byte* output = material)
        fixed (byte* label = ExporterLabel)
            if (LibSsl.ExportKeyingMaterial(_ssl, output, (nuint)material.Length, label, (nuint)ExporterLabel.Length, null, 0, 0) != 1)
                return false;
        keys = new DtlsSrtpKeys(profile, Role, material);
        material.Clear();
        return true;
    }

    /// <summary>
    /// Sends close_notify if there is a connection to close; drain <see cref="TryPollTransmit"/> once more, then dispose.
    /// </summary>
    public void Shutdown()
    {
        if (State == DtlsState.Connected)
            _ = LibSsl.Shutdown(_ssl);
        if (State != DtlsState.Failed)
            State = DtlsState.Closed;
        LibCrypto.ClearErrors();
    }

    public void Dispose()
    {
        if (State != DtlsState.Failed)
            State = DtlsState.Closed;
        _ssl.Dispose();
    }

    private void HandleRecord(ReadOnlySpan<byte> record)
    {
        if (State == DtlsState.New)
            State = DtlsState.Handshaking;
        var header = stackalloc byte[DtlsRecords.HeaderSize];
        var isPlain = DtlsRecords.IsPlain(record);
        if (isPlain)
            DtlsRecords.WritePlainHeader(record, _plainRecords++, new Span<byte>(header, DtlsRecords.HeaderSize));
        fixed (byte* bytes = record)
            if (LibSsl.WriteBio(_input, isPlain ? header : bytes, DtlsRecords.HeaderSize) == DtlsRecords.HeaderSize
                && LibSsl.WriteBio(_input, bytes + DtlsRecords.HeaderSize, record.Length - DtlsRecords.HeaderSize) == record.Length
                - DtlsRecords.HeaderSize)
                Advance();
        _ = LibSsl.ControlBio(_input, LibSsl.BioControlReset, 0, null); // the next record starts with an empty buffer
    }

    private void Advance()
    {
        LibCrypto.ClearErrors();
        if (State == DtlsState.Handshaking)
        {
            var result = LibSsl.DoHandshake(_ssl);
            if (result != 1)
            {
                Interpret(result);
                return;
            }
            CompleteHandshake();
        }
        if (State == DtlsState.Connected)
            DiscardApplicationData();
    }

    private void CompleteHandshake()
    {
        if (_data->Verdict != 1)
            Fail(DtlsFailure.FingerprintMismatch, "the peer's certificate was never compared");
        else if (LibSsl.GetSelectedSrtpProfile(_ssl) is null)
            Fail(DtlsFailure.NoSrtpProfile, "the peer negotiated no SRTP profile");
        else
            State = DtlsState.Connected;
    }

    /// <summary>Lets OpenSSL see alerts and retransmitted handshake messages; DTLS-SRTP carries no data of its own.</summary>
    private void DiscardApplicationData()
    {
        var scratch = stackalloc byte[ScratchSize];
        int read;
        do
            read = LibSsl.Read(_ssl, scratch, ScratchSize);
        while (read > 0); // ends: one datagram holds a bounded number of records
        Interpret(read);
    }

    private void Interpret(int result)
    {
        switch (LibSsl.GetError(_ssl, result))
        {
            case LibSsl.ErrorWantRead or LibSsl.ErrorWantWrite:
                return;
            case LibSsl.ErrorZeroReturn:
                State = DtlsState.Closed;
                return;
            default:
                FailFromQueue();
                return;
        }
    }

    private void FailFromQueue()
    {
        if (_data->Verdict < 0)
        {
            Fail(DtlsFailure.FingerprintMismatch, "the peer's certificate is not the one its SDP announced");
            LibCrypto.ClearErrors();
            return;
        }
        var first = OpenSslErrors.ReasonOf(LibCrypto.PeekError());
        if (first == OpenSslErrors.ReadTimeoutExpired)
        {
            FailByTimeout();
            return;
        }
        Fail(first switch
        {
            >= OpenSslErrors.AlertOffset and < OpenSslErrors.AlertOffset + 256 => DtlsFailure.PeerAlert,
            _ => DtlsFailure.Protocol,
        }, OpenSslErrors.Drain());
    }

    private void FailByTimeout()
    {
        LibCrypto.ClearErrors();
        if (_unprovenAlert is { } alert)
            Fail(DtlsFailure.PeerAlert, $"no answer, and an alert in the clear: {LibSsl.AlertText(alert)}");
        else
            Fail(DtlsFailure.Timeout, "the peer did not answer any retransmission");
    }

    private void Fail(DtlsFailure failure, string reason)
    {
        State = DtlsState.Failed;
        Failure = failure;
        FailureReason = reason;
    }
}
