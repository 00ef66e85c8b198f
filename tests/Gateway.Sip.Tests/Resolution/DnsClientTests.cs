using System.Net;
using System.Net.Sockets;
using Gateway.Sip.Resolution;
using Gateway.Sip.Transport;
using Testing;

namespace Gateway.Sip.Tests.Resolution;

/// <summary>Tests against a name server on loopback, scripted by each test.</summary>
public sealed class DnsClientTests : IDisposable
{
    private readonly Socket _server = Bind();
    private readonly CancellationTokenSource _end = new(TimeSpan.FromSeconds(20));

    [Fact]
    public async Task Answers_are_read_and_kept_for_their_time()
    {
        var client = Client(_server);
        var served = ServeAsync(_server, query => [new DnsPacket(query).Srv(DnsPacket.Question, 1, 2, 5060, "a.example").Build()]);
        for (var i = 0; i < 2; i++)
        {
            var result = await client.QuerySrvAsync("_sip._udp.example", _end.Token);
            Assert.Equal(DnsStatus.Ok, result.Status);
            Assert.Equal("a.example", Assert.Single(result.Records).Target);
        }
        await served;
        Assert.Equal(0, _server.Available);
    }

    [Fact]
    public async Task Forged_answers_are_passed_over()
    {
        var client = Client(_server);
        _ = ServeAsync(_server, query =>
        {
            var forged = new DnsPacket(query).Srv(DnsPacket.Question, 1, 2, 5060, "evil.example").Build();
            forged[0] ^= 0xff;
            return [forged, [], new DnsPacket(query).Srv(DnsPacket.Question, 1, 2, 5060, "good.example").Build()];
        });
        var result = await client.QuerySrvAsync("_sip._udp.example", _end.Token);
        Assert.Equal("good.example", Assert.Single(result.Records).Target);
    }

    [Fact]
    public async Task The_next_server_is_asked_when_one_fails_or_is_gone()
    {
        using var gone = Bind();
        var goneEndPoint = (IPEndPoint)gone.LocalEndPoint!;
        gone.Close();
        var client = new DnsClient([goneEndPoint, (IPEndPoint)_server.LocalEndPoint!], new SeededEntropy(1), TimeProvider.System);
        _ = ServeAsync(
            _server, query => [new DnsPacket(query).Naptr(DnsPacket.Question, 1, 2, "s", "SIP+D2U", "_sip._udp.example").Build()]);
        var result = await client.QueryNaptrAsync("example", _end.Token);
        Assert.Equal("_sip._udp.example", Assert.Single(result.Records).Replacement);
    }

    [Fact]
    public async Task A_truncated_answer_of_a_server_without_tcp_is_a_failure()
    {
        var client = Client(_server);
        _ = ServeAsync(_server, query => [new DnsPacket(query, 0x8380).Build()], 2);
        var result = await client.QuerySrvAsync("_sip._udp.example", _end.Token);
        Assert.Equal(DnsStatus.ServerFailure, result.Status);
    }

    [Fact]
    public async Task A_truncated_answer_is_asked_for_again_over_tcp()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind((IPEndPoint)_server.LocalEndPoint!);
        listening.Listen();
        _ = ServeAsync(_server, query => [new DnsPacket(query, 0x8380).Build()]);
        _ = ServeOverTcpAsync(listening, query =>
        {
            var packet = new DnsPacket(query);
            for (var i = 0; i < 40; i++)
                packet.Srv(DnsPacket.Question, 1, i, 5060, $"server-{i:00}.of.a.large.cluster.example");
            return packet.Build();
        });
        var result = await Client(_server).QuerySrvAsync("_sip._udp.example", _end.Token);
        Assert.Equal((DnsStatus.Ok, 40), (result.Status, result.Records.Count));
    }

    [Fact]
    public async Task The_name_servers_are_read_again_for_each_lookup()
    {
        using var gone = Bind();
        List<IPEndPoint> servers = [(IPEndPoint)gone.LocalEndPoint!];
        gone.Close();
        var client = new DnsClient(() => [.. servers], new SeededEntropy(1), TimeProvider.System);
        Assert.Equal(DnsStatus.ServerFailure, (await client.QuerySrvAsync("_sip._udp.example", _end.Token)).Status);
        servers[0] = (IPEndPoint)_server.LocalEndPoint!;
        _ = ServeAsync(_server, query => [new DnsPacket(query).Srv(DnsPacket.Question, 1, 2, 5060, "a.example").Build()]);
        Assert.Equal(DnsStatus.Ok, (await client.QuerySrvAsync("_sip._tcp.example", _end.Token)).Status);
    }

    [Fact]
    public void A_missing_resolv_conf_leads_to_the_local_server() =>
        Assert.Equal("127.0.0.1:53", Assert.Single(DnsClient.ReadServersOf("/nowhere/resolv.conf")).ToString());

    [Fact]
    public async Task Addresses_come_from_the_operating_system()
    {
        var client = Client(_server);
        var result = await client.QueryAddressesAsync("localhost", _end.Token);
        Assert.Contains(IPAddress.Loopback, result.Records);
        Assert.Equal(DnsStatus.Malformed, (await client.QueryAddressesAsync(new string('a', 300), _end.Token)).Status);
    }

    [Fact]
    public void The_name_servers_of_resolv_conf_are_read()
    {
        const string text =
            "# comment\nsearch example.com\nnameserver 192.0.2.1\nnameserver\t2001:db8::1\r\nnameserver bad\noptions ndots:5\nnameserver " +
            "192.0.2.3\nnameserver 192.0.2.4\n";
        Assert.Equal(["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.3:53"], DnsClient.ReadServers(text).Select(server => server.ToString()));
    }

    [Fact]
    public void The_cache_forgets_in_time_and_stays_bounded()
    {
        var clock = new VirtualClock();
        var cache = new DnsCache(capacity: 2);
        DnsResult<DnsRecord> answer = new(DnsStatus.Ok,
            [new SrvRecord("a", TimeSpan.FromSeconds(10), 1, 1, 1, "t"), new SrvRecord("a", TimeSpan.FromSeconds(40), 1, 1, 1, "u")]);
        cache.Put("a", DnsRecordType.Srv, answer, clock.Now);
        Assert.True(cache.TryGet("A", DnsRecordType.Srv, clock.Now, out _));
        Assert.False(cache.TryGet("a", DnsRecordType.Naptr, clock.Now, out _));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.False(cache.TryGet("a", DnsRecordType.Srv, clock.Now, out _));

        foreach (var name in (string[])["b", "c", "d"])
            cache.Put(name, DnsRecordType.Srv, answer, clock.Now);
        Assert.Equal(2, cache.Count);
        Assert.False(cache.TryGet("b", DnsRecordType.Srv, clock.Now, out _));
        Assert.True(cache.TryGet("d", DnsRecordType.Srv, clock.Now, out _));

        cache.Put("e", DnsRecordType.Srv, new DnsResult<DnsRecord>(DnsStatus.Timeout, []), clock.Now);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.False(cache.TryGet("e", DnsRecordType.Srv, clock.Now, out _));
    }

    [Fact]
    public void What_was_known_stands_in_for_a_failure_until_there_is_an_answer()
    {
        var clock = new VirtualClock();
        var cache = new DnsCache();
        var known = new DnsResult<DnsRecord>(DnsStatus.Ok, [new SrvRecord("a", TimeSpan.FromSeconds(10), 1, 1, 1, "t")]);
        var failure = new DnsResult<DnsRecord>(DnsStatus.ServerFailure, []);
        Assert.Equal(DnsStatus.ServerFailure, cache.Put("a", DnsRecordType.Srv, failure, clock.Now).Status);
        cache.Put("a", DnsRecordType.Srv, known, clock.Now);
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            Assert.False(cache.TryGet("a", DnsRecordType.Srv, clock.Now, out _)); // it is asked again, and fails
            Assert.Same(known.Records, cache.Put("a", DnsRecordType.Srv, failure, clock.Now).Records);
            Assert.True(cache.TryGet("a", DnsRecordType.Srv, clock.Now, out var kept));
            Assert.Same(known.Records, kept.Records);
        }
        Assert.Empty(cache.Put("a", DnsRecordType.Srv, new(DnsStatus.NoSuchName, []), clock.Now).Records);
        Assert.Equal(DnsStatus.NoSuchName, cache.Put("a", DnsRecordType.Srv, failure, clock.Now).Status);
    }

    [Fact]
    public async Task A_server_that_fails_takes_nothing_back_that_it_said()
    {
        var time = new SteppedTime();
        var client = new DnsClient([(IPEndPoint)_server.LocalEndPoint!], new SeededEntropy(1), time);
        _ = ServeAsync(_server, query => [new DnsPacket(query).Srv(DnsPacket.Question, 1, 2, 5060, "a.example").Build()]);
        await client.QuerySrvAsync("_sip._udp.example", _end.Token);
        time.Pass(TimeSpan.FromHours(2));
        var failing = ServeAsync(_server, query => [new DnsPacket(query, 0x8182).Build()], 2);
        var result = await client.QuerySrvAsync("_sip._udp.example", _end.Token);
        await failing;
        Assert.Equal("a.example", Assert.Single(result.Records).Target);
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        _server.Dispose();
    }

    private static DnsClient Client(Socket server) => new([(IPEndPoint)server.LocalEndPoint!], new SeededEntropy(1), TimeProvider.System);

    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task ServeOverTcpAsync(Socket listening, Func<byte[], byte[]> respond)
    {
        using var socket = await listening.AcceptAsync(_end.Token);
        await using var stream = new NetworkStream(socket);
        var head = new byte[2];
        await stream.ReadExactlyAsync(head, _end.Token);
        var query = new byte[(head[0] << 8) | head[1]];
        await stream.ReadExactlyAsync(query, _end.Token);
        var response = respond(query);
        await stream.WriteAsync((byte[])[(byte)(response.Length >> 8), (byte)response.Length, .. response], _end.Token);
    }

    private async Task ServeAsync(Socket server, Func<byte[], IEnumerable<byte[]>> respond, int queries = 1)
    {
        var buffer = new byte[1500];
        for (var served = 0; served < queries; served++)
        {
            var received = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _end.Token);
            foreach (var response in respond(buffer[..received.ReceivedBytes]))
                await server.SendToAsync(response, received.RemoteEndPoint, _end.Token);
        }
    }
}
