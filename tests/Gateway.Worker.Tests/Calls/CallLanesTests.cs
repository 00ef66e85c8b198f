using Gateway.Calls;
using Gateway.Worker.Calls;
using Gateway.Worker.Tests.Calls.Bench;

namespace Gateway.Worker.Tests.Calls;

public sealed class CallLanesTests : IDisposable
{
    private static readonly WhatsAppCallId One = new("wacid.one"), Other = new("wacid.other");
    private readonly CallLanes _lanes = new();
    private readonly List<string> _begun = [];

    [Fact]
    public async Task What_concerns_one_call_is_done_in_order_and_keeps_no_other_call_waiting()
    {
        var store = new TaskCompletionSource();
        var offer = await _lanes.BeginAsync(One, () => RunAsync("offer", store.Task));
        var end = await _lanes.BeginAsync(One, () => RunAsync("end", Task.CompletedTask));
        Assert.Equal("other", await await _lanes.BeginAsync(Other, () => RunAsync("other", Task.CompletedTask)));
        Assert.Equal(["offer", "other"], _begun);

        store.SetResult();
        Assert.Equal("end", await end);
        Assert.Equal(["offer", "other", "end"], _begun);
        Assert.True(offer.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Beyond_what_is_done_at_once_the_reader_waits()
    {
        var store = new TaskCompletionSource();
        var begun = 0;
        var reading = Task.Run(async () =>
        {
            for (; begun < 1000; begun++)
                await _lanes.BeginAsync(new WhatsAppCallId($"wacid.{begun}"), () => RunAsync("one", store.Task));
        });
        await Eventually.SeeAsync(() => Volatile.Read(ref begun) == 128, "as many as are done at once");
        Assert.False(reading.IsCompleted);

        store.SetResult();
        await reading;
        await _lanes.Idle;
        Assert.Equal(1000, begun);
    }

    public void Dispose() => _lanes.Dispose();

    private async Task<string> RunAsync(string what, Task store)
    {
        lock (_begun)
            _begun.Add(what);
        await store;
        return what;
    }
}
