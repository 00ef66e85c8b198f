namespace Gateway.Worker.Legs;

/// <summary>
/// One flow of control: operations begin in the order in which they were added, each when the one before it has finished. What only
/// operations of one queue write needs no lock. A failure goes to <paramref name="onFailure"/> and does not stop the queue.
/// </summary>
/// <remarks>
/// Whoever adds to an idle queue runs the operation up to its first wait, and whoever ends that wait goes on with the next one: no
/// operation costs a switch of threads of its own.
/// </remarks>
internal sealed class OperationQueue(Action<Exception> onFailure)
{
    private readonly Lock _gate = new();
    private readonly Queue<(Func<Task> Operation, TaskCompletionSource Done)> _waiting = new();
    private bool _isRunning;

    /// <summary>
    /// From any thread, an operation of this queue included. Completes when the operation has finished or failed; never throws.
    /// </summary>
    public Task Add(Func<Task> operation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((operation, done));
            if (_isRunning)
                return done.Task;
            _isRunning = true;
        }
        _ = RunAsync();
        return done.Task;
    }

    public Task Add(Action operation) => Add(() =>
    {
        operation();
        return Task.CompletedTask;
    });

    /// <summary>Completes when everything added so far has finished.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
                if (!_isRunning)
                    return Task.CompletedTask;
            return Add(() => Task.CompletedTask);
        }
    }

    private async Task RunAsync()
    {
        while (TryTake(out var operation, out var done))
        {
            try
            {
                await operation();
            }
            catch (Exception e) // Supervised here: the owner ends the call, the queue goes on to the leg's release.
            {
                onFailure(e);
            }
            done.SetResult();
        }
    }

    private bool TryTake(out Func<Task> operation, out TaskCompletionSource done)
    {
        lock (_gate)
        {
            _isRunning = _waiting.TryDequeue(out var next);
            (operation, done) = next;
            return _isRunning;
        }
    }
}
