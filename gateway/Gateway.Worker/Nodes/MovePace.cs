namespace Gateway.Worker.Nodes;

/// <summary>
/// The number of calls that are between two nodes at one time. A call is silent meanwhile, so it begins with one, takes one more after each
/// that was quick, and half as many after one that was not: at a node that has yet to compile what the first ones need, or where processors
/// are short. Where Redis is far, so that even the quickest takes longer, that says nothing against more at a time.
/// </summary>
internal sealed class MovePace
{
    /// <summary>As many as a quick pair of nodes is given.</summary>
    public const int Most = 8;

    /// <summary>A time between two nodes that is quick anywhere: half of the 0.2 s of silence that a moved call may have.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(100);

    private int _atOnce = 1;
    private TimeSpan _quickest = TimeSpan.MaxValue;

    /// <summary>
    /// Moves each, in turn. Cancelled, it begins with no further one, and completes when those that have begun are somewhere.
    /// </summary>
    /// <param name="items">What is moved.</param>
    /// <param name="moveAsync">The move of one: how long it was between two nodes; null: it was not. Does not throw.</param>
    /// <param name="cancellation">When no further one begins.</param>
    /// <exception cref="OperationCanceledException">Not all have been moved.</exception>
    public async Task EachAsync<T>(IEnumerable<T> items, Func<T, Task<TimeSpan?>> moveAsync, CancellationToken cancellation)
    {
        var left = new Queue<T>(items);
        var moving = new List<Task<TimeSpan?>>();
        while (true)
        {
            while (left.Count > 0 && moving.Count < _atOnce && !cancellation.IsCancellationRequested)
                moving.Add(moveAsync(left.Dequeue()));
            if (moving.Count == 0)
                break;
            var moved = await Task.WhenAny(moving);
            moving.Remove(moved);
            if (await moved is { } took)
                _atOnce = IsQuick(took) ? Math.Min(_atOnce + 1, Most) : Math.Max(_atOnce / 2, 1);
        }
        if (left.Count > 0)
            cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>At most twice as long as the quickest so far.</summary>
    private bool IsQuick(TimeSpan took)
    {
        if (took < _quickest)
            _quickest = took;
        return took <= Quick || took <= _quickest * 2;
    }
}
