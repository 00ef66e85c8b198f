using Media.Native.Dtls;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Shows one datagram to a server that waits, to a client that has sent its hello, and to an established connection.</summary>
public sealed class DtlsFuzzTarget : IFuzzTarget
{
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate(TimeProvider.System);
    private readonly byte[] _buffer = new byte[1200];
    private readonly DtlsEndpoint _standing;

    public DtlsFuzzTarget() => _standing = Connect();

    public string Name => "dtls";

    public void Run(ReadOnlySpan<byte> input)
    {
        RunFresh(DtlsRole.Server, input);
        RunFresh(DtlsRole.Client, input);
        _standing.HandleDatagram(input);
        Require(_standing.State == DtlsState.Connected, $"what is not authentic does not touch a connection: {_standing.FailureReason}");
    }

    private void RunFresh(DtlsRole role, ReadOnlySpan<byte> input)
    {
        using var endpoint = new DtlsEndpoint(role, _certificate, _certificate.Fingerprint);
        endpoint.Start();
        endpoint.HandleDatagram(input);
        Require(endpoint.State is DtlsState.Handshaking or DtlsState.Failed, "one datagram makes no connection");
        Require(!endpoint.TryExportKeys(out _), "no keys without a handshake");
        Require((endpoint.State == DtlsState.Failed) == (endpoint.Failure != DtlsFailure.None), "a failure has a name");
        for (var sent = 0; endpoint.TryPollTransmit(_buffer, out var length); sent++)
        {
            Require(length is > 0 and <= 1200, "a datagram keeps to the limit");
            Require(sent < 16, "one datagram does not set off a flood");
        }
    }

    private DtlsEndpoint Connect()
    {
        var client = new DtlsEndpoint(DtlsRole.Client, _certificate, _certificate.Fingerprint);
        using var server = new DtlsEndpoint(DtlsRole.Server, _certificate, _certificate.Fingerprint);
        client.Start();
        while (Carry(client, server) || Carry(server, client))
        {
        }
        Require(client.State == DtlsState.Connected, "two endpoints find each other");
        return client;
    }

    private bool Carry(DtlsEndpoint from, DtlsEndpoint to)
    {
        if (!from.TryPollTransmit(_buffer, out var length))
            return false;
        to.HandleDatagram(_buffer.AsSpan(0, length));
        return true;
    }
}
