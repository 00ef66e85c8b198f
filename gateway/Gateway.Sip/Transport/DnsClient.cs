using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Sip.Resolution;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>
/// Looks up SRV and NAPTR at the servers of /etc/resolv.conf, over UDP and, where the answer does not fit, over TCP (RFC 7766 §5); and
/// addresses through the operating system (which knows /etc/hosts too). Answers are cached, and the last one counts on while a look-up
/// fails. Safe for use from several threads.
/// </summary>
/// <param name="servers">Asked before each lookup: they may change while we run.</param>
/// <param name="entropy">For query ids.</param>
/// <param name="time">For timeouts and lifetimes.</param>
public sealed class DnsClient(Func<IReadOnlyList<IPEndPoint>> servers, IEntropy entropy, TimeProvider time) : ISipDnsClient
{
    private const string ResolvConf = "/etc/resolv.conf";

    /// <summary>resolv.conf(5): MAXNS.</summary>
    private const int MaxServers = 3;

    /// <summary>Each server is asked this often.</summary>
    private const int Attempts = 2;

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(1.5);

    /// <summary>The operating system does not report how long an address is good for.</summary>
    private static readonly TimeSpan AddressLifetime = TimeSpan.FromSeconds(30);

    private readonly InstantClock _clock = new(time);
    private readonly DnsCache _cache = new();
    private readonly Lock _lock = new();

    public DnsClient(IReadOnlyList<IPEndPoint> servers, IEntropy entropy, TimeProvider time) : this(() => servers, entropy, time)
    {
    }

    /// <summary>With the name servers of this host as they are at each lookup: a DHCP lease or a VPN changes them.</summary>
    public static DnsClient CreateDefault(IEntropy entropy, TimeProvider time) => new(() => ReadServersOf(ResolvConf), entropy, time);

    /// <summary>The servers that the file names; the local one when it names none.</summary>
    public static IReadOnlyList<IPEndPoint> ReadServersOf(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            text = "";
        }
        var found = ReadServers(text);
        return found.Count > 0 ? found : [new IPEndPoint(IPAddress.Loopback, 53)];
    }

    /// <summary>The "nameserver" lines of a resolv.conf, the first three.</summary>
    public static IReadOnlyList<IPEndPoint> ReadServers(string resolvConf)
    {
        List<IPEndPoint> found = [];
        foreach (var line in resolvConf.Split('\n'))
        {
            var words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == "nameserver" && found.Count < MaxServers && IPAddress.TryParse(words[1], out var address))
                found.Add(new IPEndPoint(address, 53));
        }
        return found;
    }

    public async Task<DnsResult<NaptrRecord>> QueryNaptrAsync(string name, CancellationToken cancellation) =>
        Only<NaptrRecord>(await QueryAsync(name, DnsRecordType.Naptr, cancellation));

    public async Task<DnsResult<SrvRecord>> QuerySrvAsync(string name, CancellationToken cancellation) =>
        Only<SrvRecord>(await QueryAsync(name, DnsRecordType.Srv, cancellation));

    public async Task<DnsResult<IPAddress>> QueryAddressesAsync(string host, CancellationToken cancellation)
    {
        if (!TryGetCached(host, DnsRecordType.A, out var result))
            result = Cache(host, DnsRecordType.A, await AskSystemAsync(host, cancellation));
        return new DnsResult<IPAddress>(result.Status, [.. result.Records.OfType<AddressRecord>().Select(record => record.Address)]);
    }

    private async Task<DnsResult<DnsRecord>> QueryAsync(string name, DnsRecordType type, CancellationToken cancellation)
    {
        if (TryGetCached(name, type, out var result))
            return result;
        result = new DnsResult<DnsRecord>(DnsStatus.Timeout, []);
        var asked = servers();
        for (var attempt = 0; attempt < Attempts * asked.Count; attempt++)
        {
            result = await AskAsync(asked[attempt % asked.Count], name, type, overTcp: false, cancellation);
            if (result.Status == DnsStatus.Truncated)
                result = await AskAsync(asked[attempt % asked.Count], name, type, overTcp: true, cancellation);
            if (result.Status is DnsStatus.Ok or DnsStatus.NoSuchName or DnsStatus.Malformed)
                break;
        }
        return Cache(name, type, result);
    }

    /// <summary>A socket of its own for each question: its random port is half of what a forger has to guess.</summary>
    private async Task<DnsResult<DnsRecord>> AskAsync(
        IPEndPoint server, string name, DnsRecordType type, bool overTcp, CancellationToken cancellation)
    {
        var buffer = new byte[DnsMessage.MaxBytes];
        ushort id;
        lock (_lock)
            id = (ushort)entropy.NextUInt32();
        var length = DnsMessage.WriteQuery(buffer, id, name, type);
        if (length == 0)
            return new DnsResult<DnsRecord>(DnsStatus.NoSuchName, []); // what is no DNS name has no records

        using var deadline = new CancellationTokenSource(AttemptTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            if (overTcp)
                return await AskOverTcpAsync(server, buffer.AsMemory(0, length), id, name, type, either.Token);
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(server, either.Token);
            await socket.SendAsync(buffer.AsMemory(0, length), either.Token);
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer, either.Token);
                if (DnsMessage.TryReadResponse(buffer.AsSpan(0, received), id, name, type, out var result))
                    return result;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new DnsResult<DnsRecord>(DnsStatus.Timeout, []);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return new DnsResult<DnsRecord>(DnsStatus.ServerFailure, []);
        }
    }

    /// <summary>Each message has its length in two bytes before it (RFC 1035 §4.2.2).</summary>
    private static async Task<DnsResult<DnsRecord>> AskOverTcpAsync(
        IPEndPoint server, ReadOnlyMemory<byte> query, ushort id, string name, DnsRecordType type, CancellationToken cancellation)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellation);
        await using var stream = new NetworkStream(socket);
        var framed = new byte[2 + query.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancellation);
        var head = new byte[2];
        await stream.ReadExactlyAsync(head, cancellation);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        await stream.ReadExactlyAsync(answer, cancellation);
        return DnsMessage.TryReadResponse(answer, id, name, type, out var result)
            ? result
            : new DnsResult<DnsRecord>(DnsStatus.Malformed, []);
    }

    private static async Task<DnsResult<DnsRecord>> AskSystemAsync(string host, CancellationToken cancellation)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellation);
            return new DnsResult<DnsRecord>(
                DnsStatus.Ok, [.. addresses.Select(address => new AddressRecord(host, AddressLifetime, address))]);
        }
        catch (SocketException e)
        {
            return new DnsResult<DnsRecord>(
                e.SocketErrorCode == SocketError.HostNotFound ? DnsStatus.NoSuchName : DnsStatus.ServerFailure, []);
        }
        catch (ArgumentException)
        {
            return new DnsResult<DnsRecord>(DnsStatus.Malformed, []); // longer than any name may be
        }
    }

    private bool TryGetCached(string name, DnsRecordType type, out DnsResult<DnsRecord> result)
    {
        lock (_lock)
            return _cache.TryGet(name, type, _clock.Now, out result);
    }

    private DnsResult<DnsRecord> Cache(string name, DnsRecordType type, DnsResult<DnsRecord> result)
    {
        lock (_lock)
            return _cache.Put(name, type, result, _clock.Now);
    }

    private static DnsResult<T> Only<T>(DnsResult<DnsRecord> result) where T : DnsRecord =>
        new(result.Status, [.. result.Records.OfType<T>()]);
}
