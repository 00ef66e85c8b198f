using System.Net;
using System.Net.Sockets;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Media.Native.Tests.Net;

public class UdpSocketTests
{
    private static readonly UdpAddress AnyPortV4 = UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0));
    private static readonly UdpAddress AnyPortV6 = UdpAddress.From(new IPEndPoint(IPAddress.IPv6Loopback, 0));

    public static TheoryData<string> Loopbacks => new("127.0.0.1", "::1");

    [Theory]
    [MemberData(nameof(Loopbacks))]
    public void A_datagram_arrives_with_its_sender(string address)
    {
        var local = UdpAddress.From(new IPEndPoint(IPAddress.Parse(address), 0));
        using var sender = Bind(local);
        using var receiver = Bind(local);
        Assert.NotEqual(0, sender.Local.Port);
        Assert.Equal(UdpSendResult.Sent, sender.Send("hello"u8, receiver.Local));
        var buffer = new byte[100];
        Assert.True(receiver.TryReceive(buffer, out var length, out var from));
        Assert.Equal(("hello", sender.Local), (System.Text.Encoding.ASCII.GetString(buffer, 0, length), from));
        Assert.False(receiver.TryReceive(buffer, out _, out _));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::17")]
    public void Address_bits_are_those_of_the_protocol_core(string address)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), 3480);
        var (udp, core) = (UdpAddress.From(endPoint), TransportAddress.From(endPoint));
        Assert.Equal(
            (core.Bits.High, core.Bits.Low, core.Port, core.IsIPv4), (udp.Bits.High, udp.Bits.Low, udp.Port, udp.IsIPv4));
        Assert.Equal(endPoint, udp.ToIPEndPoint());
    }

    [Fact]
    public void A_dual_stack_socket_sees_an_ipv4_sender_as_ipv4()
    {
        using var dual = Bind(UdpAddress.From(new IPEndPoint(IPAddress.IPv6Any, 0)), new UdpSocketOptions { DualStack = true });
        using var sender = Bind(AnyPortV4);
        Assert.Equal(UdpSendResult.Sent, sender.Send("x"u8, AnyPortV4 with { Port = dual.Local.Port }));
        Assert.True(dual.TryReceive(new byte[10], out _, out var from));
        Assert.Equal(sender.Local, from);
        Assert.Equal(UdpSendResult.Sent, dual.Send("y"u8, from));
        Assert.True(sender.TryReceive(new byte[10], out _, out _));
    }

    [Fact]
    public void An_ipv6_address_cannot_be_reached_from_an_ipv4_socket()
    {
        using var sender = Bind(AnyPortV4);
        Assert.Equal(UdpSendResult.Refused, sender.Send("x"u8, AnyPortV6 with { Port = 9 }));
    }

    [Fact]
    public void A_taken_port_and_a_foreign_address_are_told_apart()
    {
        using var first = Bind(AnyPortV4);
        Assert.False(UdpSocket.TryBind(first.Local, null, out _, out var error));
        Assert.Equal(UdpBindError.AddressInUse, error);
        Assert.False(UdpSocket.TryBind(UdpAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)), null, out _, out error));
        Assert.Equal(UdpBindError.AddressNotAvailable, error);
    }

    [Fact]
    public void Nobody_at_the_other_end_does_not_end_the_socket()
    {
        UdpAddress nobody;
        using (var gone = Bind(AnyPortV4))
            nobody = gone.Local;
        using var sender = Bind(AnyPortV4);
        for (var i = 0; i < 3; i++)
            Assert.Equal(UdpSendResult.Sent, sender.Send("x"u8, nobody));
        Assert.False(sender.TryReceive(new byte[10], out _, out _));
        Assert.Equal(UdpSendResult.Sent, sender.Send("self"u8, sender.Local));
        Assert.True(sender.TryReceive(new byte[10], out _, out _));
    }

    [Fact]
    public void A_datagram_longer_than_the_buffer_is_dropped_and_counted()
    {
        using var socket = Bind(AnyPortV4);
        socket.Send(new byte[11], socket.Local);
        socket.Send(new byte[10], socket.Local);
        Assert.True(socket.TryReceive(new byte[10], out var length, out _));
        Assert.Equal((10, 1L), (length, socket.Truncated));
    }

    [Fact]
    public void An_empty_datagram_is_a_datagram()
    {
        using var socket = Bind(AnyPortV4);
        Assert.Equal(UdpSendResult.Sent, socket.Send(default, socket.Local));
        Assert.True(socket.TryReceive(new byte[10], out var length, out _));
        Assert.Equal(0, length);
    }

    [Theory]
    [InlineData("127.0.0.1", 0, 1)] // IPPROTO_IP, IP_TOS
    [InlineData("::1", 41, 67)] // IPPROTO_IPV6, IPV6_TCLASS
    public void Packets_are_marked_for_expedited_forwarding(string address, int level, int option)
    {
        using var socket = Bind(UdpAddress.From(new IPEndPoint(IPAddress.Parse(address), 0)));
        using var view = new Socket(new SafeSocketHandle((int)socket.Handle.DangerousGetHandle(), ownsHandle: false));
        Span<byte> value = stackalloc byte[4];
        view.GetRawSocketOption(level, option, value);
        Assert.Equal(46 << 2, value[0]);
    }

    [Fact]
    public void A_datagram_that_waits_has_come_before_it_is_received()
    {
        using var socket = Bind(AnyPortV4);
        socket.Send(new byte[10], socket.Local);
        Assert.True(socket.TryReceive(new byte[10], out _, out _));
        socket.SinceArrival(); // arrivals are noted from here on
        var wait = TimeSpan.FromMilliseconds(30);
        socket.Send(new byte[10], socket.Local);
        Thread.Sleep(wait);
        Assert.True(socket.TryReceive(new byte[10], out _, out _));
        Assert.InRange(socket.SinceArrival(), wait, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Sending_and_receiving_allocate_nothing()
    {
        using var socket = Bind(AnyPortV4);
        var (datagram, buffer) = (new byte[172], new byte[2048]);
        Assert.Equal(0, Allocation.Measure(() =>
        {
            socket.Send(datagram, socket.Local);
            while (socket.TryReceive(buffer, out _, out _)) { }
        }));
    }

    private static UdpSocket Bind(UdpAddress local, UdpSocketOptions? options = null)
    {
        Assert.True(UdpSocket.TryBind(local, options, out var socket, out var error), error.ToString());
        return socket;
    }
}
