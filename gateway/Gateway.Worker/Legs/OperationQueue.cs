namespace Gateway.Worker.Legs;

/// <summary>
/// One flow of control: operations begin in the order in which they were added, each when the one before it has finished. What only
/// operations of one queue write needs no lock. A failure goes to <paramref name="onFailure"/> and does not stop the queue.
/// </summary>
internal sealed class OperationQueue(Action<Exception> onFailure)
{
    private readonly Lock _order = new();
    private Task _last = Task.CompletedTask;

    /// <summary>
    /// From any thread, an operation of this queue included. Completes when the operation has finished or failed; never throws.
    /// </summary>
    public Task Add(Func<Task> operation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task previous;
        lock (_order)
            (previous, _last) = (_last, done.Task);
        _ = RunAfterAsync(previous, operation, done);
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
            lock (_order)
                return _last;
        }
    }

    private async Task RunAfterAsync(Task previous, Func<Task> operation, TaskCompletionSource done)
    {
        await previous;
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
