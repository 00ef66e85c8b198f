using Gateway.Worker.Legs;

namespace Gateway.Worker.Tests.Legs;

/// <summary>The order of operations, whoever adds them.</summary>
public sealed class OperationQueueTests
{
    [Fact]
    public async Task An_operation_begins_when_the_one_before_it_has_finished()
    {
        var queue = new OperationQueue(_ => { });
        var (seen, first) = (new List<string>(), new TaskCompletionSource());
        _ = queue.Add(async () =>
        {
            seen.Add("first begins");
            await first.Task;
            seen.Add("first ends");
        });
        var second = queue.Add(() => seen.Add("second"));
        Assert.Equal(["first begins"], seen);
        first.SetResult();
        await second;
        Assert.Equal(["first begins", "first ends", "second"], seen);
    }

    [Fact]
    public async Task What_an_operation_adds_comes_after_it()
    {
        var queue = new OperationQueue(_ => { });
        var seen = new List<string>();
        Task inner = Task.CompletedTask;
        await queue.Add(() =>
        {
            inner = queue.Add(() => seen.Add("added"));
            seen.Add("outer ends");
        });
        await inner;
        Assert.Equal(["outer ends", "added"], seen);
    }

    [Fact]
    public async Task A_failure_is_reported_and_the_next_operation_begins()
    {
        var failures = new List<Exception>();
        var queue = new OperationQueue(failures.Add);
        await queue.Add(() => throw new InvalidOperationException("a defect, made for this test"));
        await queue.Add(() => Assert.Single(failures));
        Assert.IsType<InvalidOperationException>(Assert.Single(failures));
    }

    [Fact]
    public async Task Operations_added_from_many_threads_never_overlap()
    {
        var queue = new OperationQueue(_ => { });
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => queue.Add(async () =>
        {
            most = Math.Max(most, ++inside);
            await Task.Yield();
            inside--;
        }))));
        await queue.Idle;
        Assert.Equal((0, 1), (inside, most));
    }
}
