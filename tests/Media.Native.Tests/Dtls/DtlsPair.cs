using System.Diagnostics;
using Media.Native.Dtls;

namespace Media.Native.Tests.Dtls;

/// <summary>Two endpoints and the wire between them, in memory. The test decides loss and order.</summary>
internal sealed class DtlsPair : IDisposable
{
    // OpenSSL treats a timer with under 15 ms left as expired, so that waiting costs a test about a millisecond.
    private static readonly DtlsOptions FastTimers = new()
    {
        FirstRetransmit = TimeSpan.FromMilliseconds(16),
        MaxRetransmit = TimeSpan.FromMilliseconds(16),
    };

    /// <summary>So small that certificates and flights are cut into several datagrams.</summary>
    internal static readonly DtlsOptions SmallDatagrams = FastTimers with { MaxDatagramSize = 400 };

    private readonly DtlsCertificate _clientCertificate;
    private readonly DtlsCertificate _serverCertificate;

    internal DtlsPair(
        DtlsOptions? client = null, DtlsOptions? server = null,
        DtlsFingerprint? clientExpects = null, DtlsFingerprint? serverExpects = null)
    {
        _clientCertificate = DtlsCertificate.Generate(TimeProvider.System, client ?? FastTimers);
        _serverCertificate = DtlsCertificate.Generate(TimeProvider.System, server ?? FastTimers);
        Client = new DtlsEndpoint(DtlsRole.Client, _clientCertificate, clientExpects ?? _serverCertificate.Fingerprint);
        Server = new DtlsEndpoint(DtlsRole.Server, _serverCertificate, serverExpects ?? _clientCertificate.Fingerprint);
    }

    internal DtlsEndpoint Client { get; }

    internal DtlsEndpoint Server { get; }

    /// <summary>Every datagram that left an endpoint, delivered or not.</summary>
    internal List<byte[]> Sent { get; } = [];

    /// <summary>Decides the fate of the n-th datagram (from 0) of the whole conversation: true loses it.</summary>
    internal Func<int, bool> Loses { get; set; } = _ => false;

    /// <summary>Lets the test change the datagrams of a flight before they are delivered.</summary>
    internal Func<byte[], IEnumerable<byte[]>> Tampers { get; set; } = datagram => [datagram];

    /// <summary>Delivers each flight's datagrams last to first.</summary>
    internal bool Reverses { get; set; }

    internal bool Settled => Client.State > DtlsState.Handshaking && Server.State > DtlsState.Handshaking;

    /// <summary>Runs until the wire is empty and both sides have an outcome or nothing to repeat; five seconds at most.</summary>
    internal void Run()
    {
        Client.Start();
        Server.Start();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5))
        {
            var moved = Carry(Client, Server) | Carry(Server, Client);
            if (moved)
                continue;
            if (Settled)
                return;
            if (Client is { TimeUntilRetransmit: null } && Server is { TimeUntilRetransmit: null })
                return;
            if (Client.TimeUntilRetransmit == TimeSpan.Zero)
                Client.HandleTimeout();
            if (Server.TimeUntilRetransmit == TimeSpan.Zero)
                Server.HandleTimeout();
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        _clientCertificate.Dispose();
        _serverCertificate.Dispose();
    }

    private bool Carry(DtlsEndpoint from, DtlsEndpoint to)
    {
        var flight = new List<byte[]>();
        var buffer = new byte[2048];
        while (from.TryPollTransmit(buffer, out var length))
            flight.Add(buffer[..length]);
        var delivered = flight.Where((_, n) => !Loses(Sent.Count + n)).ToList();
        Sent.AddRange(flight);
        if (Reverses)
            delivered.Reverse();
        foreach (var datagram in delivered.SelectMany(Tampers))
            to.HandleDatagram(datagram);
        return flight.Count > 0;
    }
}
