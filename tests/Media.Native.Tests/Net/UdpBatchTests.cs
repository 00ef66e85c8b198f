using System.Net;
using Media.Native.Net;

namespace Media.Native.Tests.Net;

public class UdpBatchTests
{
    private static readonly UdpAddress AnyPort = UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0));

    [Fact]
    public void A_batch_reaches_several_receivers_in_order()
    {
        using var sender = Bind();
        using var odd = Bind();
        using var even = Bind();
        var outgoing = new UdpSendBatch(32);
        for (var i = 0; i < 32; i++)
        {
            outgoing.Next[..(i + 1)].Fill((byte)i);
            outgoing.Commit(i + 1, (i % 2 == 0 ? even : odd).Local);
        }
        Assert.True(outgoing.IsFull);
        Assert.Equal(32, sender.Send(outgoing));
        Assert.Equal(0, outgoing.Count);

        var incoming = new UdpReceiveBatch(10);
        Assert.Equal(10, even.Receive(incoming)); // capacity ends the call
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(sender.Local, incoming.Remote(i));
            Assert.Equal(Enumerable.Repeat((byte)(2 * i), 2 * i + 1), incoming.Datagram(i).ToArray());
        }
        Assert.Equal(6, even.Receive(incoming));
        Assert.Equal(0, even.Receive(incoming));
        Assert.Equal(10, odd.Receive(incoming));
        Assert.Throws<ArgumentOutOfRangeException>(() => incoming.Datagram(10).Length);
    }

    [Fact]
    public void A_refused_datagram_does_not_hold_up_the_others()
    {
        using var socket = Bind();
        var outgoing = new UdpSendBatch(4);
        var v6 = UdpAddress.From(new IPEndPoint(IPAddress.IPv6Loopback, 9));
        foreach (var remote in new[] { v6, socket.Local, v6, socket.Local })
            outgoing.Commit(5, remote);
        Assert.Equal(2, socket.Send(outgoing));
        Assert.Equal(2, socket.Receive(new UdpReceiveBatch(4)));
    }

    [Fact]
    public void Truncated_datagrams_are_left_out_and_counted()
    {
        using var socket = Bind();
        foreach (var length in new[] { 10, 40, 20, 50, 30 })
            socket.Send(new byte[length], socket.Local);
        var incoming = new UdpReceiveBatch(8, slotSize: 30);
        Assert.Equal(3, socket.Receive(incoming));
        Assert.Equal([10, 20, 30], Enumerable.Range(0, 3).Select(i => incoming.Datagram(i).Length));
        Assert.Equal(2, socket.Truncated);
    }

    [Fact]
    public void A_datagram_can_be_changed_and_grown_in_place()
    {
        using var socket = Bind();
        socket.Send("abc"u8, socket.Local);
        var incoming = new UdpReceiveBatch(2, slotSize: 64);
        Assert.Equal(1, socket.Receive(incoming));
        incoming.Datagram(0)[0] = (byte)'X';
        Assert.Equal((64, (byte)'X', (byte)'c'), (incoming.Buffer(0).Length, incoming.Buffer(0)[0], incoming.Buffer(0)[2]));
    }

    [Fact]
    public void A_full_batch_refuses_more()
    {
        var batch = new UdpSendBatch(1, slotSize: 8);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Commit(9, AnyPort));
        batch.Commit(8, AnyPort);
        Assert.Throws<InvalidOperationException>(() => batch.Next.Length);
        Assert.Throws<InvalidOperationException>(() => batch.Commit(1, AnyPort));
        batch.Clear();
        Assert.Equal(8, batch.Next.Length);
    }

    [Fact]
    public void Batches_allocate_nothing_once_made()
    {
        using var socket = Bind();
        var (outgoing, incoming) = (new UdpSendBatch(16), new UdpReceiveBatch(16));
        Assert.Equal(0, Allocation.Measure(() =>
        {
            while (!outgoing.IsFull)
                outgoing.Commit(172, socket.Local);
            socket.Send(outgoing);
            while (socket.Receive(incoming) > 0)
                incoming.Datagram(0)[0] ^= (byte)incoming.Remote(0).Port;
        }));
    }

    private static UdpSocket Bind()
    {
        Assert.True(UdpSocket.TryBind(AnyPort, null, out var socket, out var error), error.ToString());
        return socket;
    }
}
