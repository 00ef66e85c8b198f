using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// Lets a few calls at a time through their admission while the gateway's work waits for a processor. Admission waits like all that sets
/// up a call, so that the slower that goes, the fewer calls begin; whoever stands in line for too long is refused. Thread-safe.
/// </summary>
/// <param name="atOnce">So many are in it then.</param>
/// <param name="isBehind">True while the gateway's work waits for a processor.</param>
/// <param name="clock">Measures how long a call stands in line.</param>
internal sealed class AdmissionGate(int atOnce, Func<bool> isBehind, InstantClock clock)
{
    /// <summary>A caller hears nothing yet while his call stands in line.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Queue<(TaskCompletionSource<bool> Turn, Instant Since)> _line = new();
    private int _inside;

    /// <summary>Nobody stands in line.</summary>
    public bool IsClear
    {
        get
        {
            lock (_lock)
                return _line.Count == 0;
        }
    }

    /// <summary>Completes at this call's turn: true, and <see cref="Leave"/> is to follow, or false: it is one too many.</summary>
    public Task<bool> EnterAsync()
    {
        lock (_lock)
        {
            var turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _line.Enqueue((turn, clock.Now));
            Advance();
            return turn.Task;
        }
    }

    /// <summary>The call is admitted, or refused.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _inside--;
            Advance();
        }
    }

    /// <summary>Whoever stands in line waits for one who is inside: where nobody is, the line is empty.</summary>
    private void Advance()
    {
        for (var now = clock.Now; _line.TryPeek(out var first); _line.Dequeue())
        {
            var isLate = now - first.Since > LongestWait;
            if (!isLate && _inside >= atOnce && isBehind())
                return;
            if (!isLate)
                _inside++;
            first.Turn.SetResult(!isLate);
        }
    }
}
