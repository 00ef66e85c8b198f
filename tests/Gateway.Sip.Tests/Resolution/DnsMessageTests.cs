using Gateway.Sip.Resolution;

namespace Gateway.Sip.Tests.Resolution;

public sealed class DnsMessageTests
{
    private const string Service = "_sip._udp.example.com";

    [Fact]
    public void A_query_asks_one_question_with_recursion_and_edns()
    {
        Assert.Equal(
            "12340100000100000000000104" + "5f736970" + "045f756470" + "076578616d706c65" + "03636f6d" + "00" + "00210001" + "0000290"
                + "4d0000000000000",
            Convert.ToHexStringLower(Query(Service, DnsRecordType.Srv)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("bücher.example")]
    [InlineData("a\0b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123.example")]
    public void What_is_no_name_is_not_asked_for(string name) =>
        Assert.Equal(0, DnsMessage.WriteQuery(new byte[512], 1, name, DnsRecordType.A));

    [Fact]
    public void A_name_that_is_too_long_is_not_asked_for() =>
        Assert.Equal(0, DnsMessage.WriteQuery(new byte[512], 1, string.Join('.', Enumerable.Repeat("abcdefghi", 26)), DnsRecordType.A));

    [Fact]
    public void Records_of_the_type_are_read_with_compressed_names()
    {
        var packet = new DnsPacket(Query(Service, DnsRecordType.Srv))
            .Srv(DnsPacket.Question, 10, 5, 5070, "A.Example.Com")
            .A(DnsPacket.Name("elsewhere.example"), "192.0.2.9")
            .Answer(DnsPacket.Question, 33, 0xffffffff, 0, 20, 0, 0, 19, 196, 1, (byte)'b', 0xc0, 22);
        var records = Read(packet.Build(), Service, DnsRecordType.Srv).Records.Cast<SrvRecord>().ToList();
        Assert.Equal(new SrvRecord(Service, TimeSpan.FromSeconds(60), 10, 5, 5070, "a.example.com"), records[0]);
        Assert.Equal(new SrvRecord(Service, TimeSpan.Zero, 20, 0, 5060, "b.example.com"), records[1]);
        Assert.Equal(2, records.Count);
    }

    [Fact]
    public void Naptr_and_aliases_are_read()
    {
        var naptr = new DnsPacket(Query("example.com", DnsRecordType.Naptr))
            .Naptr(DnsPacket.Question, 50, 60, "s", "SIP+D2T", "_sip._tcp.example.com")
            .Build();
        Assert.Equal(
            new NaptrRecord("example.com", TimeSpan.FromSeconds(60), 50, 60, "s", "SIP+D2T", "_sip._tcp.example.com"),
            Assert.Single(Read(naptr, "example.com", DnsRecordType.Naptr).Records));

        var alias = new DnsPacket(Query("pbx.example.com", DnsRecordType.A))
            .Cname(DnsPacket.Question, "host.example.net")
            .A(DnsPacket.Name("elsewhere.example"), "192.0.2.66")
            .A(DnsPacket.Name("host.example.net"), "192.0.2.7")
            .Build();
        var address = Assert.IsType<AddressRecord>(Assert.Single(Read(alias, "pbx.example.com", DnsRecordType.A).Records));
        Assert.Equal("192.0.2.7", address.Address.ToString());
    }

    [Theory]
    [InlineData(0x8183, DnsStatus.NoSuchName)]
    [InlineData(0x8182, DnsStatus.ServerFailure)]
    [InlineData(0x8185, DnsStatus.ServerFailure)]
    [InlineData(0x8380, DnsStatus.Truncated)]
    public void Failures_are_told_apart(int flags, DnsStatus status)
    {
        var packet = new DnsPacket(Query(Service, DnsRecordType.Srv), flags).Srv(DnsPacket.Question, 1, 1, 1, "a");
        var result = Read(packet.Build(), Service, DnsRecordType.Srv);
        Assert.Equal(status, result.Status);
        Assert.Empty(result.Records);
    }

    [Fact]
    public void A_response_to_something_else_is_not_a_response()
    {
        var packet = new DnsPacket(Query(Service, DnsRecordType.Srv)).Srv(DnsPacket.Question, 1, 1, 1, "a").Build();
        Assert.False(DnsMessage.TryReadResponse(packet, 0x4321, Service, DnsRecordType.Srv, out _));
        Assert.False(DnsMessage.TryReadResponse(packet, 0x1234, "_sip._tcp.example.com", DnsRecordType.Srv, out _));
        Assert.False(DnsMessage.TryReadResponse(packet, 0x1234, Service, DnsRecordType.Naptr, out _));
        Assert.False(DnsMessage.TryReadResponse(Query(Service, DnsRecordType.Srv), 0x1234, Service, DnsRecordType.Srv, out _));
    }

    [Theory]
    [InlineData(new byte[] { 0xc0, 39 })] // at itself
    [InlineData(new byte[] { 0xc0, 41 })] // forwards
    [InlineData(new byte[] { 0xff, 0xff })] // outside
    [InlineData(new byte[] { 0x40, 0 })] // no such label type
    [InlineData(new byte[] { 63, 1 })] // runs over the end
    public void Names_that_loop_or_run_away_are_malformed(byte[] name)
    {
        var packet = new DnsPacket(Query(Service, DnsRecordType.Srv)).Answer(name, 33, 60, 0, 1, 0, 1, 0, 1, 0).Build();
        Assert.Equal(DnsStatus.Malformed, Read(packet, Service, DnsRecordType.Srv).Status);
    }

    [Fact]
    public void Cut_and_damaged_responses_never_throw()
    {
        var packet = new DnsPacket(Query(Service, DnsRecordType.Srv))
            .Srv(DnsPacket.Question, 10, 5, 5070, "a.example.com").Naptr(DnsPacket.Question, 1, 2, "s", "SIP+D2U", "x.y").Build();
        var random = new Random(7);
        for (var length = 0; length < packet.Length; length++)
            DnsMessage.TryReadResponse(packet.AsSpan(0, length), 0x1234, Service, DnsRecordType.Srv, out _);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = (byte[])packet.Clone();
            for (var n = random.Next(1, 5); n > 0; n--)
                damaged[random.Next(12, damaged.Length)] = (byte)random.Next(256);
            if (DnsMessage.TryReadResponse(damaged, 0x1234, Service, DnsRecordType.Srv, out var result))
                Assert.True(result.Records.Count <= 2);
        }
    }

    private static byte[] Query(string name, DnsRecordType type)
    {
        var buffer = new byte[512];
        return buffer[..DnsMessage.WriteQuery(buffer, 0x1234, name, type)];
    }

    private static DnsResult<DnsRecord> Read(byte[] packet, string name, DnsRecordType type)
    {
        Assert.True(DnsMessage.TryReadResponse(packet, 0x1234, name, type, out var result));
        return result;
    }
}
