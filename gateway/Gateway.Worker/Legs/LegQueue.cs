namespace Gateway.Worker.Legs;

/// <summary>
/// The order of one leg's operations: each begins when the one before it has finished, so that a terminate never overtakes the accept it
/// ends. A failure goes to <paramref name="onFailure"/> and does not stop the queue.
/// </summary>
internal sealed class LegQueue(Action<Exception> onFailure)
{
    private readonly Lock _order = new();
    private Task _last = Task.CompletedTask;

    public void Add(Func<Task> operation)
    {
        lock (_order)
            _last = RunAfterAsync(_last, operation);
    }

    /// <summary>When everything added so far has finished.</summary>
    public Task Idle => _last;

    private async Task RunAfterAsync(Task previous, Func<Task> operation)
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
    }
}
