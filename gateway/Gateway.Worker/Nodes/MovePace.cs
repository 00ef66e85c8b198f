namespace Gateway.Worker.Nodes;

/// <summary>
/// The number of calls that are between two nodes at one time. A call is silent meanwhile, so it begins with one, takes one more after each
/// that was quick, and half as many after one that was not: the first ones, at a node that has yet to compile what they need, or any where
/// processors are short.
/// </summary>
internal sealed class MovePace
{
    /// <summary>As many as a quick pair of nodes is given.</summary>
    public const int Most = 8;

    /// <summary>The longest time between two nodes that is quick: half of the 0.2 s of silence that a moved call may have.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(100);

    private int _atOnce = 1;

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
        while (left.Count > 0 && !cancellation.IsCancellationRequested || moving.Count > 0)
        {
            while (left.Count > 0 && moving.Count < _atOnce && !cancellation.IsCancellationRequested)
                moving.Add(moveAsync(left.Dequeue()));
            var moved = await Task.WhenAny(moving);
            moving.Remove(moved);
            if (await moved is { } took)
                _atOnce = took <= Quick ? Math.Min(_atOnce + 1, Most) : Math.Max(_atOnce / 2, 1);
        }
        if (left.Count > 0)
            cancellation.ThrowIfCancellationRequested();
    }
}
