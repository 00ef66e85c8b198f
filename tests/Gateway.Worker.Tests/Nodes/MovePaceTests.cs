using Gateway.Worker.Nodes;

namespace Gateway.Worker.Tests.Nodes;

/// <summary>How many calls are between two nodes at one time: more while moves are quick, fewer once one is not.</summary>
public sealed class MovePaceTests
{
    private static readonly TimeSpan Slow = MovePace.Quick * 2.1;

    private readonly MovePace _pace = new();

    /// <summary>The moves that have begun and are not over, in order.</summary>
    private readonly Queue<TaskCompletionSource<TimeSpan?>> _moving = new();

    [Fact]
    public Task Quick_moves_become_more_at_a_time_up_to_the_most() => RunAsync(async () =>
    {
        var all = MoveAsync(40);
        for (var atOnce = 1; atOnce <= MovePace.Most; atOnce++)
        {
            Assert.Equal(atOnce, _moving.Count);
            End(MovePace.Quick);
        }
        Assert.Equal(MovePace.Most, _moving.Count);
        EndAll();
        await all;
    });

    [Fact]
    public Task A_slow_move_halves_them() => RunAsync(async () =>
    {
        var all = MoveAsync(40);
        for (var i = 0; i < 5; i++)
            End(MovePace.Quick);
        Assert.Equal(6, _moving.Count);

        End(Slow);
        Assert.Equal(5, _moving.Count); // three may go on at a time
        End(Slow);
        End(Slow);
        End(Slow);
        Assert.Equal(2, _moving.Count);
        End(Slow);
        Assert.Single(_moving);
        End(Slow);
        Assert.Single(_moving); // one always does

        EndAll();
        await all;
    });

    [Fact]
    public Task Where_each_takes_long_they_become_more_all_the_same() => RunAsync(async () =>
    {
        var all = MoveAsync(40);
        for (var i = 0; i < MovePace.Most; i++)
            End(MovePace.Quick * 3);
        Assert.Equal(MovePace.Most, _moving.Count);
        End(MovePace.Quick * 6);
        Assert.Equal(MovePace.Most, _moving.Count);
        End(MovePace.Quick * 6.1);
        Assert.Equal(MovePace.Most - 1, _moving.Count);
        EndAll();
        await all;
    });

    [Fact]
    public Task A_call_that_stays_says_nothing_of_the_pace() => RunAsync(async () =>
    {
        var all = MoveAsync(3);
        End(null);
        Assert.Single(_moving);
        EndAll();
        await all;
    });

    [Fact]
    public Task Cancelled_none_begins_and_those_that_have_are_waited_for() => RunAsync(async () =>
    {
        using var stop = new CancellationTokenSource();
        var all = MoveAsync(40, stop.Token);
        End(MovePace.Quick);
        Assert.Equal(2, _moving.Count);

        await stop.CancelAsync();
        End(MovePace.Quick);
        Assert.Single(_moving);
        Assert.False(all.IsCompleted);
        End(MovePace.Quick);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
    });

    /// <summary>Without a context of its own: what follows the end of a move runs at once.</summary>
    private static Task RunAsync(Func<Task> test) => Task.Run(test);

    private Task MoveAsync(int calls, CancellationToken cancellation = default) =>
        _pace.EachAsync(Enumerable.Range(0, calls), _ => Begin(), cancellation);

    private Task<TimeSpan?> Begin()
    {
        var move = new TaskCompletionSource<TimeSpan?>();
        _moving.Enqueue(move);
        return move.Task;
    }

    private void End(TimeSpan? took) => _moving.Dequeue().SetResult(took);

    private void EndAll()
    {
        while (_moving.Count > 0)
            End(MovePace.Quick);
    }
}
