namespace Media.Engine.Loop;

/// <summary>
/// Limits how many calls begin in a second, by how long work that sets them up waits for a processor: the limit is cut while that takes too
/// long, and grows while it does not. Between SIP servers that is rate-based overload control (RFC 6357, RFC 7415). Pure; a reading comes
/// each <see cref="LoadMeter.Window"/>.
/// </summary>
internal sealed class CallPace
{
    /// <summary>
    /// What sets up a call waits some dozens of times. Where it waits for so long each time, the call is answered a good part of a second
    /// late, and each further one later.
    /// </summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(25);

    /// <summary>Collections of garbage make one reading long, or two.</summary>
    private const int LongWaits = 3;

    private const double Cut = 0.8, Growth = 1.05;

    /// <summary>Calls a second; so many get in however long work waits.</summary>
    private const double Least = 2;

    private static readonly double Window = LoadMeter.Window.TotalSeconds;

    private double _limit = double.PositiveInfinity;
    private double _room;
    private double _rate;
    private int _begun;
    private int _longWaits;

    /// <summary>True while fewer calls begin than are asked for, or may be soon.</summary>
    public bool IsLimited => !double.IsPositiveInfinity(_limit);

    /// <summary>One more call could begin now.</summary>
    public bool HasRoom => !IsLimited || _room >= 1;

    /// <summary>Counts a call that begins. False: it is one too many.</summary>
    public bool TryBegin()
    {
        if (!HasRoom)
            return false;
        _begun++;
        if (IsLimited)
            _room--;
        return true;
    }

    /// <summary>Takes a reading of how long work waited.</summary>
    public void Handle(TimeSpan wait)
    {
        _rate += (_begun / Window - _rate) / 2;
        _begun = 0;
        _longWaits = wait >= MaxWait ? _longWaits + 1 : 0;
        if (_longWaits == LongWaits)
            (_limit, _longWaits) = (Math.Max(Least, Math.Min(_limit, _rate) * Cut), 0); // until the cut has shown, it is not cut again
        else if (wait < MaxWait / 2)
            _limit *= Growth;
        if (_limit > 2 * Math.Max(_rate, Least))
            _limit = double.PositiveInfinity; // nobody asks for so many
        _room = IsLimited ? Math.Min(_room, 1) + _limit * Window : 0;
    }
}
