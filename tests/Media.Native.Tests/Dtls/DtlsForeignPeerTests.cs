using System.Net;
using Media.Native.Dtls;
using Media.Native.Net;

namespace Media.Native.Tests.Dtls;

/// <summary>Handshakes with <c>openssl s_server</c> and <c>s_client</c> over loopback; both sides must export the same SRTP keys.</summary>
public sealed class DtlsForeignPeerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dtls-peer").FullName;
    private readonly UdpSocket _socket = Bind();
    private readonly Poller _poller = new();
    private readonly DtlsCertificate _own = DtlsCertificate.Generate(TimeProvider.System);
    private readonly byte[] _buffer = new byte[2048];
    private UdpAddress _remote;

    public DtlsForeignPeerTests() => _poller.Add(_socket, 0);

    [Theory]
    [InlineData("EC", "SRTP_AES128_CM_SHA1_80", DtlsSrtpProfile.AesCm128HmacSha1Tag80, 60)]
    [InlineData("EC", "SRTP_AES128_CM_SHA1_32", DtlsSrtpProfile.AesCm128HmacSha1Tag32, 60)]
    [InlineData("EC", "SRTP_AEAD_AES_128_GCM", DtlsSrtpProfile.AeadAes128Gcm, 56)]
    [InlineData("RSA", "SRTP_AEAD_AES_128_GCM", DtlsSrtpProfile.AeadAes128Gcm, 56)]
    public void As_a_client_it_exports_the_servers_keys(string algorithm, string name, DtlsSrtpProfile profile, int length)
    {
        var peer = OpenSslProgram.MakeCertificate(_folder, algorithm);
        using var server = new OpenSslProgram("s_server", "-dtls1_2", "-accept", "127.0.0.1:0", "-Verify", "1",
            "-cert", peer.Certificate, "-key", peer.Key, "-use_srtp", name,
            "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", $"{length}");
        var port = server.WaitFor("ACCEPT 127.0.0.1:", () => _poller.Wait(TimeSpan.FromMilliseconds(5)));
        Assert.True(port is not null, server.Output);
        _remote = UdpAddress.From(new IPEndPoint(IPAddress.Loopback, int.Parse(port)));
        using var endpoint = new DtlsEndpoint(DtlsRole.Client, _own, Parse(peer.Fingerprint));
        endpoint.Start();
        AssertSameKeys(endpoint, server, profile);
    }

    [Theory]
    [InlineData("EC")]
    [InlineData("RSA")]
    public void As_a_server_it_exports_the_clients_keys_and_hears_its_close_notify(string algorithm)
    {
        var peer = OpenSslProgram.MakeCertificate(_folder, algorithm);
        using var client = new OpenSslProgram("s_client", "-dtls1_2", "-connect", _socket.Local.ToString(),
            "-cert", peer.Certificate, "-key", peer.Key, "-use_srtp", "SRTP_AES128_CM_SHA1_80",
            "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60");
        using var endpoint = new DtlsEndpoint(DtlsRole.Server, _own, Parse(peer.Fingerprint));
        AssertSameKeys(endpoint, client, DtlsSrtpProfile.AesCm128HmacSha1Tag80);
        client.Type("Q");
        client.WaitFor("DONE", () => Pump(endpoint));
        for (var i = 0; i < 100 && endpoint.State == DtlsState.Connected; i++)
            Pump(endpoint);
        Assert.Equal(DtlsState.Closed, endpoint.State);
    }

    [Theory]
    [InlineData("sha256", true)]
    [InlineData("sha384", true)]
    [InlineData("sha512", true)]
    [InlineData("sha384", false)]
    [InlineData("sha512", false)]
    public void Any_announced_hash_of_the_certificate_is_compared(string hash, bool isAnnounced)
    {
        var peer = OpenSslProgram.MakeCertificate(_folder, "EC", hash);
        var announced = isAnnounced
            ? peer.Fingerprint
            : $"{(peer.Fingerprint.StartsWith("00", StringComparison.Ordinal) ? "01" : "00")}{peer.Fingerprint[2..]}";
        using var client = new OpenSslProgram("s_client", "-dtls1_2", "-connect", _socket.Local.ToString(),
            "-cert", peer.Certificate, "-key", peer.Key, "-use_srtp", "SRTP_AES128_CM_SHA1_80");
        using var endpoint = new DtlsEndpoint(DtlsRole.Server, _own, _own.Fingerprint, Parse(announced));
        for (var i = 0; i < 2000 && endpoint.State <= DtlsState.Handshaking; i++)
            Pump(endpoint);
        Assert.Equal(isAnnounced ? DtlsState.Connected : DtlsState.Failed, endpoint.State);
        Assert.Equal(isAnnounced ? DtlsFailure.None : DtlsFailure.FingerprintMismatch, endpoint.Failure);
    }

    [Fact]
    public void A_client_without_a_certificate_is_refused()
    {
        using var client = new OpenSslProgram(
            "s_client", "-dtls1_2", "-connect", _socket.Local.ToString(), "-use_srtp", "SRTP_AES128_CM_SHA1_80");
        using var endpoint = new DtlsEndpoint(DtlsRole.Server, _own, _own.Fingerprint);
        for (var i = 0; i < 2000 && endpoint.State <= DtlsState.Handshaking; i++)
            Pump(endpoint);
        Assert.Equal((DtlsState.Failed, DtlsFailure.Protocol), (endpoint.State, endpoint.Failure));
        Assert.Contains("certificate", endpoint.FailureReason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_version_is_refused()
    {
        using var client = new OpenSslProgram("s_client", "-dtls1", "-cipher", "ALL:@SECLEVEL=0", "-connect", _socket.Local.ToString());
        using var endpoint = new DtlsEndpoint(DtlsRole.Server, _own, _own.Fingerprint);
        for (var i = 0; i < 2000 && endpoint.State <= DtlsState.Handshaking; i++)
            Pump(endpoint);
        Assert.Equal((DtlsState.Failed, DtlsFailure.Protocol), (endpoint.State, endpoint.Failure));
    }

    public void Dispose()
    {
        _own.Dispose();
        _poller.Dispose();
        _socket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void AssertSameKeys(DtlsEndpoint endpoint, OpenSslProgram peer, DtlsSrtpProfile profile)
    {
        var exported = peer.WaitFor("Keying material: ", () => Pump(endpoint));
        Assert.True(exported is not null, $"{endpoint.State} {endpoint.FailureReason}\n{peer.Output}");
        for (var i = 0; i < 100 && endpoint.State == DtlsState.Handshaking; i++)
            Pump(endpoint);
        Assert.True(endpoint.TryExportKeys(out var keys), endpoint.FailureReason);
        Assert.Equal(profile, keys.Profile);
        byte[] own = endpoint.Role == DtlsRole.Client
            ? [.. keys.LocalKey, .. keys.RemoteKey, .. keys.LocalSalt, .. keys.RemoteSalt]
            : [.. keys.RemoteKey, .. keys.LocalKey, .. keys.RemoteSalt, .. keys.LocalSalt];
        Assert.Equal(exported, Convert.ToHexString(own));
    }

    private void Pump(DtlsEndpoint endpoint)
    {
        if (endpoint.TimeUntilRetransmit == TimeSpan.Zero)
            endpoint.HandleTimeout();
        while (endpoint.TryPollTransmit(_buffer, out var length))
            _socket.Send(_buffer.AsSpan(0, length), _remote);
        _poller.Wait(TimeSpan.FromMilliseconds(5));
        while (_socket.TryReceive(_buffer, out var received, out var from))
        {
            _remote = from;
            endpoint.HandleDatagram(_buffer.AsSpan(0, received));
        }
    }

    private static DtlsFingerprint Parse(string text)
    {
        Assert.True(DtlsFingerprint.TryParse(text, out var fingerprint));
        return fingerprint;
    }

    private static UdpSocket Bind()
    {
        Assert.True(UdpSocket.TryBind(UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0)), null, out var socket, out _));
        return socket;
    }
}
