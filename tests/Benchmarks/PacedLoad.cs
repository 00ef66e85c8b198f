using System.Diagnostics;
using Media.Native.Threads;

namespace Benchmarks;

/// <summary>
/// Gives every call its turn each 20 ms, evenly spread, on a thread of its own: packets arrive as from independent peers,
/// so that a loop under measurement pays for its wake-ups as in production.
/// </summary>
internal sealed class PacedLoad : IDisposable
{
    /// <summary>Of the far ends' threads: a peer that waits for a processor would be taken for a late bridge.</summary>
    private const int Priority = 6, Niceness = -10;

    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(2);

    private readonly int _calls;
    private readonly Action<int, int> _turn;
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <param name="calls">The number of calls that take turns.</param>
    /// <param name="turn">Sends frame (second) of call (first) and receives the packets returned for it.</param>
    public PacedLoad(int calls, Action<int, int> turn)
    {
        (_calls, _turn) = (calls, turn);
        _thread = new Thread(Run) { Name = "load", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Puts the calling thread before the loops, as if it were on a machine of its own.</summary>
    public static void PutFirst() => CurrentThread.TryPutFirst(Priority, Niceness);

    public long Turns { get; private set; }

    /// <summary>Those that began 2 ms and more after they were due: the load itself was held up.</summary>
    public long LateTurns { get; private set; }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    private void Run()
    {
        PutFirst();
        var started = Stopwatch.GetTimestamp();
        long next = 0; // turn number: frame × calls + call
        while (!_stopping)
        {
            var due = (long)(Stopwatch.GetElapsedTime(started) / Frame * _calls);
            var late = (long)((Stopwatch.GetElapsedTime(started) - Late) / Frame * _calls);
            (Turns, LateTurns) = (due, LateTurns + Math.Max(0, late - next));
            for (; next < due; next++)
                _turn((int)(next % _calls), (int)(next / _calls));
            Thread.Sleep(1);
        }
    }
}
