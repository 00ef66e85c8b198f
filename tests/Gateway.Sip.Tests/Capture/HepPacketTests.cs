using System.Net;
using Gateway.Sip.Capture;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Tests.Capture;

/// <summary>Bytes of the "HEP3 Network Protocol Specification", worked out by hand from its tables.</summary>
public sealed class HepPacketTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(0x65000000).AddMicroseconds(0x1234);

    private static TransportAddress Address(string text) => TransportAddress.From(IPEndPoint.Parse(text));

    private static HepPacket Packet(string from, string to, byte[] payload, SipTransport transport = SipTransport.Udp) =>
        new(HepProtocol.Sip, At, Address(from), Address(to), transport, "c1", payload);

    [Fact]
    public void A_packet_has_the_specified_bytes()
    {
        var buffer = new byte[1000];
        Assert.True(Packet("192.0.2.1:5060", "192.0.2.2:5080", "PING"u8.ToArray()).TryWrite(buffer, 0x7d1, "pw", out var length));
        var expected = "48455033" + "0079" // HEP3, the length of all
            + "00000001000702" // IPv4
            + "00000002000711" // UDP
            + "00000003000ac0000201" + "00000004000ac0000202"
            + "00000007000813c4" + "00000008000813d8"
            + "00000009000a65000000" + "0000000a000a00001234"
            + "0000000b000701" // SIP
            + "0000000c000a000007d1"
            + "0000000e00087077" // the password
            + "0000001100086331" // the correlation
            + "0000000f000a50494e47";
        expected = expected.Replace("0079", $"{expected.Length / 2:x4}", StringComparison.Ordinal);
        Assert.Equal(expected, Convert.ToHexStringLower(buffer.AsSpan(0, length)));
    }

    [Fact]
    public void IPv6_and_TLS_are_marked_as_such()
    {
        var buffer = new byte[1000];
        Assert.True(Packet("[2001:db8::1]:5061", "[2001:db8::2]:5061", [1], SipTransport.Tls).TryWrite(buffer, 1, "", out var length));
        var text = Convert.ToHexStringLower(buffer.AsSpan(0, length));
        Assert.Contains("0000000100070a" + "00000002000706", text, StringComparison.Ordinal);
        Assert.Contains("00000005001620010db8000000000000000000000001", text, StringComparison.Ordinal);
        Assert.Contains("00000006001620010db8000000000000000000000002", text, StringComparison.Ordinal);
        Assert.DoesNotContain("0000000e", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(70_000, 200_000)]
    [InlineData(500, 400)]
    public void What_does_not_fit_is_not_written(int payload, int room) => Assert.False(
        Packet("192.0.2.1:5060", "192.0.2.2:5080", new byte[payload]).TryWrite(new byte[room], 1, "", out _));
}
