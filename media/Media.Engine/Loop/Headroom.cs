using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// Decides whether a loop, or the process, has room for another call, by its measured load. Calls whose audio is not open yet are counted
/// in with what open ones take: a burst of calls that ring would otherwise be seen when it is too late. Pure.
/// </summary>
/// <param name="limit">The part of the processor, or of all, that calls may take; 1 and above: there is always room.</param>
/// <param name="margin">Below the limit by so much, for a while, and calls are taken again.</param>
internal sealed class Headroom(double limit, double margin)
{
    /// <summary>Of a processor, for a call as long as too few are open to tell.</summary>
    private const double UsualCost = 0.01;

    private const int EnoughToTell = 10;

    /// <summary>The part of each reading that the cost of a call follows: calls that have just opened show little yet.</summary>
    private const double Following = 0.1;

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    /// <summary>Live calls suffer, whatever the processor says: somebody else has it.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(20);

    private Instant _calmSince = Instant.Never;
    private double _processor;
    private double _cost = UsualCost;
    private int _open;

    /// <summary>False: the load is above the limit, or was until a moment ago.</summary>
    public bool IsThere { get; private set; } = true;

    /// <summary>Takes a reading.</summary>
    /// <param name="load">Of the loop.</param>
    /// <param name="open">Its calls whose audio is open.</param>
    /// <param name="now">The time.</param>
    /// <returns>True: <see cref="IsThere"/> is another from now on.</returns>
    public bool Handle(LoopLoad load, int open, Instant now)
    {
        (_processor, _open) = (load.Processor, open);
        if (open >= EnoughToTell)
            _cost += (load.Processor / open - _cost) * Following;
        var isOver = limit < 1 && (load.Processor >= limit || load.Wait >= MaxWait);
        if (IsThere)
        {
            IsThere = !isOver;
            _calmSince = Instant.Never;
            return isOver;
        }
        if (load.Processor >= limit - margin || load.Wait >= MaxWait / 2)
        {
            _calmSince = Instant.Never;
            return false;
        }
        _calmSince = Instant.Min(_calmSince, now);
        IsThere = now - _calmSince >= Calm;
        return IsThere;
    }

    /// <summary>True: there is room for one more beside so many calls, those whose audio is not open yet included.</summary>
    public bool HasRoom(int calls) =>
        limit >= 1 || IsThere && _processor + (Math.Max(0, calls - _open) + 1) * _cost < limit;
}
