using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>A HEP packet as a server reads it.</summary>
internal sealed record ReceivedHep(
    byte Protocol, byte Transport, IPAddress Source, IPAddress Destination, int SourcePort, int DestinationPort, DateTimeOffset At,
    uint Agent, string Password, string Correlation, string Payload);

/// <summary>
/// A capture server, written from the "HEP3 Network Protocol Specification": over UDP, or TCP, where packets follow each other.
/// </summary>
internal sealed class HepReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedHep> _packets = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly UdpClient? _udp;
    private readonly TcpListener? _tcp;
    private readonly Task _receiving;

    public HepReceiver(bool isTcp)
    {
        if (isTcp)
            (_tcp = new TcpListener(IPAddress.Loopback, 0)).Start();
        else
            _udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        _receiving = isTcp ? AcceptAsync() : ReceiveAsync();
    }

    public string Endpoint => _tcp is not null ? $"tcp:{_tcp.LocalEndpoint}" : $"udp:{_udp!.Client.LocalEndPoint}";

    public IReadOnlyCollection<ReceivedHep> Packets => _packets;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _tcp?.Stop();
        await Task.WhenAny(_receiving);
        _udp?.Dispose();
        _tcp?.Dispose();
        _stop.Dispose();
    }

    private async Task ReceiveAsync()
    {
        while (true)
            _packets.Enqueue(Read((await _udp!.ReceiveAsync(_stop.Token)).Buffer));
    }

    private async Task AcceptAsync()
    {
        using var client = await _tcp!.AcceptTcpClientAsync(_stop.Token);
        var stream = client.GetStream();
        var header = new byte[6];
        while (true)
        {
            await stream.ReadExactlyAsync(header, _stop.Token);
            var packet = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4))];
            header.CopyTo(packet, 0);
            await stream.ReadExactlyAsync(packet.AsMemory(6), _stop.Token);
            _packets.Enqueue(Read(packet));
        }
    }

    private static ReceivedHep Read(byte[] packet)
    {
        Assert.Equal("HEP3", Encoding.ASCII.GetString(packet, 0, 4));
        Assert.Equal(packet.Length, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(4)));
        var chunks = new Dictionary<int, byte[]>();
        for (var at = 6; at < packet.Length;)
        {
            Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at)));
            var length = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at + 4));
            chunks.Add(BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at + 2)), packet[(at + 6)..(at + length)]);
            at += length;
        }
        var isIPv4 = chunks[1][0] == 2;
        return new ReceivedHep(
            chunks[0x0b][0], chunks[2][0], new IPAddress(chunks[isIPv4 ? 3 : 5]), new IPAddress(chunks[isIPv4 ? 4 : 6]),
            BinaryPrimitives.ReadUInt16BigEndian(chunks[7]), BinaryPrimitives.ReadUInt16BigEndian(chunks[8]),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(chunks[9]))
                .AddMicroseconds(BinaryPrimitives.ReadUInt32BigEndian(chunks[10])),
            BinaryPrimitives.ReadUInt32BigEndian(chunks[0x0c]), Text(0x0e), Text(0x11), Text(0x0f));

        string Text(int chunk) => Encoding.UTF8.GetString(chunks.GetValueOrDefault(chunk, []));
    }
}
