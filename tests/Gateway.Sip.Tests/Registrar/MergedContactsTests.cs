using System.Net;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Tests.Registrar;

/// <summary>The phones of one user at several nodes.</summary>
public sealed class MergedContactsTests
{
    private const string Desk = "sip:alice@10.1.1.1", Mobile = "sip:alice@10.1.1.2";

    [Fact]
    public void Own_phones_come_first() =>
        Assert.Equal(
            [(Desk, null), (Mobile, "b")], Merge([Contact(Desk, null, 1)], [Contact(Mobile, "b", 9)]));

    [Theory]
    [InlineData(1, 2, "b")]
    [InlineData(2, 1, null)]
    [InlineData(2, 2, null)]
    public void A_phone_that_went_to_another_node_is_there_once_where_it_registered_last(int own, int other, string? node) =>
        Assert.Equal([(Desk, node)], Merge([Contact(Desk, null, own)], [Contact(Desk, "b", other)]));

    [Fact]
    public void A_phone_is_known_by_its_instance_whatever_its_address() => Assert.Equal(
        [(Mobile, "c")],
        Merge([Contact(Desk, null, 1, "<urn:uuid:1>")], [Contact(Desk, "b", 2, "<URN:UUID:1>"), Contact(Mobile, "c", 3, "<urn:uuid:1>")]));

    [Fact]
    public void Two_phones_with_one_address_behind_two_NATs_are_two() => Assert.Equal(
        [(Desk, null), (Desk, "b")],
        Merge([Contact(Desk, null, 1, "<urn:uuid:1>")], [Contact(Desk, "b", 2, "<urn:uuid:2>")]));

    private static (string, string?)[] Merge(RegisteredContact[] own, RegisteredContact[] others) =>
        [.. RegisteredContact.Merge(own, others).Select(contact => (contact.Uri.ToString(), contact.Node))];

    private static RegisteredContact Contact(string uri, string? node, int refreshed, string? instance = null) => new()
    {
        User = "alice",
        Uri = SipUri.TryParse(uri, out var read) ? read : throw new FormatException(uri),
        Node = node,
        Flow = new SipFlow(SipTransport.Udp, TransportAddress.From(IPAddress.Loopback, 5060), 0),
        ExpiresAt = new Instant(1000),
        RegisteredAt = new Instant(0),
        RefreshedAt = new Instant(refreshed),
        Instance = instance,
        CallId = "one",
        Sequence = 1,
    };
}
