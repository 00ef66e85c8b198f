using System.Diagnostics;
using Media.Engine.Loop;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>Takes all the time of a gateway's one media loop, 30 ms at a time, from <see cref="StartAsync"/> to its disposal.</summary>
internal sealed class LoopOverload : IAsyncDisposable
{
    private static readonly TimeSpan Piece = TimeSpan.FromMilliseconds(30);

    private readonly CancellationTokenSource _over = new();
    private readonly Task _work;

    private LoopOverload(MediaLoop loop) => _work = RunAsync(loop);

    /// <summary>Begins, and waits until the gateway has noticed.</summary>
    public static async Task<LoopOverload> StartAsync(GatewayNode gateway)
    {
        var engine = gateway.Service<MediaEngine>();
        Assert.True(engine.HasHeadroom);
        var overload = new LoopOverload(engine.Loops[0]);
        await Eventually.SeeAsync(() => !engine.HasHeadroom, "the loop has no time left");
        return overload;
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _work;
        _over.Dispose();
    }

    private async Task RunAsync(MediaLoop loop)
    {
        while (!_over.IsCancellationRequested)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Post(() =>
            {
                for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Piece;)
                    Thread.SpinWait(100);
                done.SetResult();
            });
            await done.Task;
        }
    }
}
