using Media.Engine.Loop;
using Testing;

namespace Media.Engine.Tests.Loop;

public class PortAllocatorTests
{
    private readonly VirtualClock _clock = new();

    [Fact]
    public void Gives_every_even_port_of_the_range_once_and_then_none()
    {
        var ports = Allocator(20001, 20008);
        Assert.Equal(3, ports.Capacity);
        var taken = new List<int>();
        while (ports.TryTake(_clock.Now, out var port))
            taken.Add(port);
        Assert.Equal([20002, 20004, 20006], taken.Order());
    }

    [Fact]
    public void A_released_pair_rests_before_it_is_given_again()
    {
        var ports = Allocator(20000, 20001);
        Assert.True(ports.TryTake(_clock.Now, out var port));
        ports.Release(port, _clock.Now);
        Assert.Equal(1, ports.Resting);
        Assert.False(ports.TryTake(_clock.Advance(TimeSpan.FromSeconds(29.9)), out _));
        Assert.True(ports.TryTake(_clock.Advance(TimeSpan.FromSeconds(0.1)), out var again));
        Assert.Equal(port, again);
    }

    [Fact]
    public void The_order_is_not_the_order_of_the_numbers()
    {
        var ports = Allocator(20000, 20999);
        var taken = new List<ushort>();
        while (ports.TryTake(_clock.Now, out var port))
            taken.Add(port);
        Assert.NotEqual(taken.Order(), taken);
    }

    private static PortAllocator Allocator(int first, int last) => new(first, last, TimeSpan.FromSeconds(30), new SeededEntropy(1));
}
