using System.Diagnostics;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Media.Engine.Tests.Loop;

public sealed class LoopGuardTests
{
    /// <summary>Well under the 0.95 s after which the kernel itself lets usual threads run.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(0.5);

    private readonly InstantClock _clock = new(TimeProvider.System);

    [Fact]
    public void Loops_that_wait_for_a_usual_thread_on_all_processors_let_it_run()
    {
        var turns = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new LoopTurn()).ToArray();
        using var guard = new LoopGuard(turns, _clock);
        Thread.Sleep(50); // so that it has begun
        using var ready = new CountdownEvent(turns.Length);
        var (isDone, waited) = (0, new TimeSpan[turns.Length]);
        var loops = turns.Select((turn, i) => new Thread(() =>
        {
            turn.TryPutFirst();
            ready.Signal();
            ready.Wait();
            turn.Begin(_clock.Now);
            var begun = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref isDone) == 0)
                Thread.SpinWait(100);
            waited[i] = Stopwatch.GetElapsedTime(begun);
            turn.End();
        })).ToList();
        loops.ForEach(loop => loop.Start());
        ready.Wait();
        Thread.Sleep(5); // so that all spin
        Volatile.Write(ref isDone, 1);
        loops.ForEach(loop => loop.Join());
        Assert.All(waited, time => Assert.InRange(time, TimeSpan.Zero, Soon));
    }
}
