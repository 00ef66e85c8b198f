using Media.Engine.Tests.Peers;

namespace Media.Engine.Tests.Calls;

public class ManyCallsTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task Fifty_calls_at_once_are_all_heard_and_allocate_nothing_once_they_run()
    {
        var calls = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TestCall.PlaceAsync(fixture.Engine)));
        foreach (var call in calls)
        {
            await call.HandsetHearsAsync(600);
            await call.PhoneHearsAsync(1000);
        }
        var loop = fixture.Engine.Loops[0];
        var (packets, bytes) = (Packets(), loop.AllocatedBytes);
        await TestCall.UntilAsync(() => Packets() - packets > 20_000, "20 000 more packets");
        var perPacket = (double)(loop.AllocatedBytes - bytes) / (Packets() - packets);
        Assert.True(perPacket < 0.5, $"{perPacket:f2} bytes a packet"); // not one object in dozens of packets
        Assert.All(calls, call => Assert.Single(call.Handset.Sources));
        foreach (var call in calls)
            await call.DisposeAsync();
        Assert.Equal(0, fixture.Engine.ActiveCalls);

        long Packets() => loop.Counters.Received.Sum() + loop.Counters.Sent.Sum();
    }
}
