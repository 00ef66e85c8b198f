using System.Diagnostics;
using System.Net;
using Media.Native.Net;

namespace Media.Native.Tests.Net;

public class PollerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public void Reports_the_tokens_of_readable_sockets_until_they_are_read()
    {
        using var poller = new Poller();
        using var quiet = Bind();
        using var first = Bind();
        using var second = Bind();
        poller.Add(quiet, 1);
        poller.Add(first, ulong.MaxValue - 1);
        poller.Add(second, 0);
        first.Send("x"u8, first.Local);
        second.Send("x"u8, second.Local);
        Assert.Equal([0, ulong.MaxValue - 1], poller.Wait(Long).ToArray().Order().ToArray());
        Assert.Equal(2, poller.Wait(TimeSpan.Zero).Length); // level-triggered
        Assert.True(first.TryReceive(new byte[8], out _, out _));
        Assert.Equal([0UL], poller.Wait(Long).ToArray());
        poller.Remove(second);
        Assert.Equal(0, poller.Wait(TimeSpan.Zero).Length);
        Assert.False(poller.WasWoken);
    }

    [Fact]
    public void A_disposed_socket_is_forgotten()
    {
        using var poller = new Poller();
        var socket = Bind();
        poller.Add(socket, 7);
        socket.Send("x"u8, socket.Local);
        socket.Dispose();
        Assert.Equal(0, poller.Wait(TimeSpan.Zero).Length);
    }

    [Fact]
    public void Reports_no_more_than_asked_and_the_rest_next_time()
    {
        using var poller = new Poller(maxReady: 2);
        var sockets = Enumerable.Range(0, 5).Select(_ => Bind()).ToArray();
        var seen = new HashSet<ulong>();
        for (var i = 0; i < sockets.Length; i++)
        {
            poller.Add(sockets[i], (ulong)i);
            sockets[i].Send("x"u8, sockets[i].Local);
        }
        for (var round = 0; round < 5 && seen.Count < 5; round++)
        {
            foreach (var token in poller.Wait(TimeSpan.Zero).ToArray())
            {
                Assert.True(sockets[token].TryReceive(new byte[8], out _, out _));
                seen.Add(token);
            }
        }
        Assert.Equal(5, seen.Count);
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    [Fact]
    public void Wakes_from_another_thread_and_only_once()
    {
        using var poller = new Poller();
        var waker = new Thread(() =>
        {
            poller.Wake();
            poller.Wake();
        });
        waker.Start();
        Assert.Equal(0, poller.Wait(Long).Length);
        Assert.True(poller.WasWoken);
        waker.Join();
        poller.Wait(TimeSpan.Zero); // the second wake may have come after the first was drained
        Assert.Equal(0, poller.Wait(TimeSpan.Zero).Length);
        Assert.False(poller.WasWoken);
    }

    [Fact]
    public void A_wait_ends_with_its_timeout_and_not_before()
    {
        using var poller = new Poller();
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(0, poller.Wait(TimeSpan.FromMicroseconds(3300)).Length);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 3.2, 5000);
    }

    [Fact]
    public void Waking_a_disposed_poller_does_nothing()
    {
        var poller = new Poller();
        poller.Dispose();
        poller.Wake();
        Assert.Throws<ObjectDisposedException>(() => poller.Wait(TimeSpan.Zero).Length);
    }

    [Fact]
    public void The_same_socket_twice_is_an_error_with_words()
    {
        using var poller = new Poller();
        using var socket = Bind();
        poller.Add(socket, 1);
        Assert.Throws<NativeException>(() => poller.Add(socket, 2));
    }

    [Fact]
    public void Waiting_allocates_nothing()
    {
        using var poller = new Poller();
        using var socket = Bind();
        poller.Add(socket, 1);
        socket.Send("x"u8, socket.Local);
        Assert.Equal(0, Allocation.Measure(() =>
        {
            poller.Wake();
            poller.Wait(TimeSpan.FromMilliseconds(1));
        }));
    }

    private static UdpSocket Bind()
    {
        var local = UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.True(UdpSocket.TryBind(local, null, out var socket, out var error), error.ToString());
        return socket;
    }
}
