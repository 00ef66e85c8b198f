using System.Net;
using Media.Protocols.Primitives;

namespace Media.Protocols.Tests.Primitives;

public sealed class AddressBitsTests
{
    [Theory]
    [InlineData("2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6")]
    [InlineData("2001:db8:1:2:3:4:5:6", 96, "2001:db8:1:2:3:4::")]
    [InlineData("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:3:4:5:6", 33, "2001:db8::")]
    [InlineData("2001:db8:1:2:3:4:5:6", 0, "::")]
    public void A_prefix_is_the_first_bits(string address, int length, string prefix) =>
        Assert.Equal(Of(prefix), Of(address).Prefix(length));

    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("2001:db8::c000:201", false)]
    [InlineData("::ffff:192.0.2.1", true)]
    [InlineData("1::ffff:c000:201", false)]
    public void An_address_comes_back_as_it_was(string text, bool isIPv4)
    {
        var address = IPAddress.Parse(text);
        Span<byte> bytes = stackalloc byte[AddressBits.Size];
        Of(text).Write(bytes);
        Assert.Equal((isIPv4, address.MapToIPv6()), (Of(text).IsIPv4, new IPAddress(bytes)));
    }

    private static AddressBits Of(string address) => TransportAddress.From(IPAddress.Parse(address), 0).Bits;
}
