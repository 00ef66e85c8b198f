using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// Looks, before all loops, whether one of them has had the processor for too long (<see cref="LoopTurn"/>). A look allocates nothing and
/// waits for nobody.
/// </summary>
internal sealed class LoopGuard : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly LoopTurn[] _turns;
    private readonly InstantClock _clock;
    private readonly Thread _thread;
    private readonly ManualResetEvent _stop = new(false);

    /// <summary>Begins to look.</summary>
    public LoopGuard(LoopTurn[] turns, InstantClock clock)
    {
        (_turns, _clock) = (turns, clock);
        _thread = new Thread(Run) { IsBackground = true, Name = "media-guard" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        var own = new LoopTurn(LoopTurn.GuardsPriority);
        if (!own.TryPutFirst())
            return; // nor are the loops in real time
        // Once as a usual thread: what runs for the first time may have to wait itself.
        own.Begin(default);
        Look([own]);
        own.Begin(_clock.Now);
        while (!_stop.WaitOne(Pause))
            Look(_turns);
    }

    private void Look(LoopTurn[] turns)
    {
        foreach (var turn in turns)
            turn.Check(_clock.Now);
    }
}
