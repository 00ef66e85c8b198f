using System.Net;
using Gateway.Sip.Messages;
using Gateway.Sip.Resolution;
using Testing;

namespace Gateway.Sip.Tests.Resolution;

public sealed class SipResolverTests
{
    private readonly Zone _zone = new();

    /// <summary>The example of RFC 3263 §4.1 and §4.2.</summary>
    [Fact]
    public async Task Naptr_then_srv_then_addresses()
    {
        _zone.Naptr("example.com", 50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com");
        _zone.Naptr("example.com", 90, 50, "s", "SIP+D2T", "_sip._tcp.example.com");
        _zone.Naptr("example.com", 100, 50, "s", "SIP+D2U", "_sip._udp.example.com");
        _zone.Naptr("example.com", 10, 1, "s", "SIP+D2S", "_sip._sctp.example.com");
        _zone.Naptr("example.com", 10, 2, "u", "E2U+sip", "");
        _zone.Srv("_sip._tcp.example.com", 0, 1, 5060, "server1.example.com");
        _zone.Srv("_sip._tcp.example.com", 1, 2, 5070, "server2.example.com");
        _zone.Address("server1.example.com", "192.0.2.1", "2001:db8::1");
        _zone.Address("server2.example.com", "192.0.2.2");
        Assert.Equal(["Tcp 192.0.2.1:5060", "Tcp [2001:db8::1]:5060", "Tcp 192.0.2.2:5070"], await Resolve("sip:user@example.com"));
    }

    [Fact]
    public async Task Without_naptr_the_usual_service_names_are_tried()
    {
        _zone.Srv("_sip._tcp.example.com", 0, 0, 5062, "a.example.com");
        _zone.Srv("_sips._tcp.example.com", 0, 0, 5063, "a.example.com");
        _zone.Address("a.example.com", "192.0.2.1");
        Assert.Equal(["Tcp 192.0.2.1:5062", "Tls 192.0.2.1:5063"], await Resolve("sip:example.com"));
        Assert.Equal(["Tls 192.0.2.1:5063"], await Resolve("sips:example.com"));
    }

    [Theory]
    [InlineData("sip:192.0.2.9", "Udp 192.0.2.9:5060")]
    [InlineData("sips:192.0.2.9", "Tls 192.0.2.9:5061")]
    [InlineData("sip:[2001:db8::9]:5080;transport=tcp", "Tcp [2001:db8::9]:5080")]
    [InlineData("sip:plain.example", "Udp 192.0.2.5:5060")]
    [InlineData("sip:plain.example:5070", "Udp 192.0.2.5:5070")]
    [InlineData("sip:plain.example;transport=tls", "Tls 192.0.2.5:5061")]
    [InlineData("sips:plain.example;transport=tcp", "Tls 192.0.2.5:5061")]
    [InlineData("sip:x;maddr=192.0.2.8", "Udp 192.0.2.8:5060")]
    public async Task Defaults_follow_the_rfc(string uri, string expected)
    {
        _zone.Address("plain.example", "192.0.2.5");
        Assert.Equal([expected], await Resolve(uri));
    }

    [Fact]
    public async Task A_given_port_keeps_srv_out_and_a_given_transport_keeps_naptr_out()
    {
        _zone.Naptr("example.com", 1, 1, "s", "SIP+D2U", "_sip._udp.example.com");
        _zone.Srv("_sip._udp.example.com", 0, 0, 5099, "a.example.com");
        _zone.Srv("_sip._tcp.example.com", 0, 0, 5098, "a.example.com");
        _zone.Address("a.example.com", "192.0.2.1");
        _zone.Address("example.com", "192.0.2.3");
        Assert.Equal(["Udp 192.0.2.3:5060"], await Resolve("sip:example.com:5060"));
        Assert.Equal(["Tcp 192.0.2.1:5098"], await Resolve("sip:example.com;transport=tcp"));
    }

    [Fact]
    public async Task A_service_that_is_decidedly_absent_leads_nowhere()
    {
        _zone.Srv("_sip._udp.example.com", 0, 0, 0, "");
        Assert.Empty(await Resolve("sip:example.com"));
    }

    [Fact]
    public async Task A_dns_that_never_answers_for_services_leaves_the_address_of_the_name()
    {
        _zone.Fail<NaptrRecord>("pbx.example.com", DnsStatus.ServerFailure);
        _zone.Fail<SrvRecord>("_sip._udp.pbx.example.com", DnsStatus.Timeout);
        _zone.Address("pbx.example.com", "192.0.2.3");
        Assert.Equal(["Udp 192.0.2.3:5060"], await Resolve("sip:pbx.example.com"));
    }

    [Fact]
    public async Task Other_services_and_servers_are_used_where_one_fails()
    {
        _zone.Fail<SrvRecord>("_sip._udp.example.com", DnsStatus.Timeout);
        _zone.Srv("_sip._tcp.example.com", 0, 0, 5062, "a.example.com");
        _zone.Srv("_sip._tcp.example.com", 1, 0, 5062, "b.example.com");
        _zone.Fail<AddressRecord>("a.example.com", DnsStatus.ServerFailure);
        _zone.Address("b.example.com", "192.0.2.2");
        _zone.Address("example.com", "192.0.2.3");
        Assert.Equal(["Tcp 192.0.2.2:5062"], await Resolve("sip:example.com"));
    }

    [Fact]
    public async Task Services_whose_servers_have_no_address_do_not_give_way_either()
    {
        _zone.Srv("_sip._udp.example.com", 0, 0, 5062, "a.example.com");
        _zone.Fail<AddressRecord>("a.example.com", DnsStatus.ServerFailure);
        _zone.Address("example.com", "192.0.2.3");
        Assert.Empty(await Resolve("sip:example.com"));
    }

    [Fact]
    public async Task The_list_is_bounded_and_without_repetition()
    {
        for (var i = 0; i < 30; i++)
            _zone.Srv("_sip._udp.example.com", i, 0, 5060, $"h{i}.example.com");
        for (var i = 0; i < 30; i++)
            _zone.Address($"h{i}.example.com", $"192.0.2.{i}", "192.0.2.200");
        var found = await Resolve("sip:example.com");
        Assert.Equal(SipResolver.MaxDestinations, found.Count);
        Assert.Single(found, "Udp 192.0.2.200:5060");
    }

    [Fact]
    public void An_unknown_transport_is_no_target()
    {
        Assert.True(SipUri.TryParse("sip:a@b;transport=sctp", out var uri));
        Assert.Null(SipTarget.From(uri));
    }

    [Fact]
    public void Weights_decide_by_chance_within_a_priority()
    {
        SrvRecord[] records =
        [
            new("s", default, 1, 60, 1, "heavy"), new("s", default, 1, 20, 1, "light"), new("s", default, 1, 20, 1, "other"),
            new("s", default, 1, 0, 1, "zero"), new("s", default, 0, 0, 1, "first"),
        ];
        var entropy = new SeededEntropy(5);
        var second = new Dictionary<string, int>();
        for (var i = 0; i < 10_000; i++)
        {
            var order = SrvOrder.Sort(records, entropy);
            Assert.Equal("first", order[0].Target);
            Assert.Equal(5, order.Distinct().Count());
            second[order[1].Target] = second.GetValueOrDefault(order[1].Target) + 1;
        }
        Assert.InRange(second["heavy"], 5600, 6300);
        Assert.InRange(second["light"], 1800, 2200);
        Assert.InRange(second["zero"], 50, 200);
    }

    private async Task<List<string>> Resolve(string text)
    {
        Assert.True(SipUri.TryParse(text, out var uri));
        var found = await new SipResolver(_zone, new SeededEntropy(1)).ResolveAsync(SipTarget.From(uri)!, CancellationToken.None);
        return [.. found.Select(destination => $"{destination.Transport} {destination.Address}")];
    }

    private sealed class Zone : ISipDnsClient
    {
        private readonly List<DnsRecord> _records = [];
        private readonly Dictionary<(Type, string), DnsStatus> _failing = [];

        /// <summary>Each look-up of this type and name fails.</summary>
        public void Fail<T>(string name, DnsStatus status) where T : DnsRecord => _failing[(typeof(T), name)] = status;

        public void Naptr(string name, int order, int preference, string flags, string service, string replacement) =>
            _records.Add(new NaptrRecord(name, default, order, preference, flags, service, replacement));

        public void Srv(string name, int priority, int weight, int port, string target) =>
            _records.Add(new SrvRecord(name, default, priority, weight, port, target));

        public void Address(string name, params string[] addresses) =>
            _records.AddRange(addresses.Select(address => new AddressRecord(name, default, IPAddress.Parse(address))));

        public Task<DnsResult<NaptrRecord>> QueryNaptrAsync(string name, CancellationToken cancellation) =>
            Task.FromResult(Of<NaptrRecord>(name));

        public Task<DnsResult<SrvRecord>> QuerySrvAsync(string name, CancellationToken cancellation) =>
            Task.FromResult(Of<SrvRecord>(name));

        public Task<DnsResult<IPAddress>> QueryAddressesAsync(string host, CancellationToken cancellation)
        {
            var (status, records) = Of<AddressRecord>(host);
            return Task.FromResult(new DnsResult<IPAddress>(status, [.. records.Select(record => record.Address)]));
        }

        private DnsResult<T> Of<T>(string name) where T : DnsRecord =>
            _failing.TryGetValue((typeof(T), name), out var status)
                ? new(status, [])
                : new(DnsStatus.Ok, [.. _records.OfType<T>().Where(record => record.Name == name)]);
    }
}
