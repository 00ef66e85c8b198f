using Media.Engine.Tests.Peers;

namespace Media.Engine.Tests.Calls;

[Trait("Category", "Distribution")]
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
        // Reorder buffers grow to what they ever held at once; then a window of 5000 packets comes in which nothing is allocated,
        // whatever the machine is busy with besides.
        await TestCall.UntilAsync(() => BytesOfNextPackets(5000) == 0, "5000 packets without a byte allocated", seconds: 60);
        Assert.All(calls, call => Assert.Single(call.Handset.Sources));
        foreach (var call in calls)
            await call.DisposeAsync();
        Assert.Equal(0, fixture.Engine.ActiveCalls);

        long BytesOfNextPackets(int count)
        {
            var (packets, bytes) = (Packets(), loop.AllocatedBytes);
            SpinWait.SpinUntil(() => Packets() - packets > count, TimeSpan.FromSeconds(20));
            return loop.AllocatedBytes - bytes;
        }

        long Packets() => loop.Counters.Received.Sum() + loop.Counters.Sent.Sum();
    }
}
