namespace Testing;

/// <summary>
/// Listens for one tone (Goertzel's algorithm): collects samples into blocks of 100 ms and keeps for each how much of the block's power
/// the tone holds. Cheap enough to run on every call of a load test.
/// </summary>
/// <param name="hertz">The tone.</param>
/// <param name="rate">Samples per second.</param>
public sealed class ToneDetector(double hertz, int rate)
{
    /// <summary>A block quieter than this (root mean square) is silence, whatever it contains.</summary>
    private const double QuietRms = 50;

    private readonly int _blockLength = rate / 10;
    private readonly double _coefficient = 2 * Math.Cos(2 * Math.PI * hertz / rate);
    private double _s1, _s2, _power;
    private int _filled;

    /// <summary>Blocks heard so far.</summary>
    public int Blocks { get; private set; }

    /// <summary>Blocks in which the tone held most of the power.</summary>
    public int ToneBlocks { get; private set; }

    /// <summary>Blocks with almost no power.</summary>
    public int SilentBlocks { get; private set; }

    /// <summary>0 … 1: the tone's share of the last block's power.</summary>
    public double LastShare { get; private set; }

    /// <summary>The last block's root mean square.</summary>
    public double LastRms { get; private set; }

    /// <summary>At least half a second of the tone was heard.</summary>
    public bool Heard => ToneBlocks >= 5;

    public void Listen(ReadOnlySpan<short> samples)
    {
        foreach (var sample in samples)
        {
            var s = sample + _coefficient * _s1 - _s2;
            (_s2, _s1) = (_s1, s);
            _power += (double)sample * sample;
            if (++_filled == _blockLength)
                EndBlock();
        }
    }

    private void EndBlock()
    {
        var tone = (_s1 * _s1 + _s2 * _s2 - _coefficient * _s1 * _s2) * 2 / _blockLength;
        LastShare = _power > 0 ? Math.Min(1, tone / _power) : 0;
        LastRms = Math.Sqrt(_power / _blockLength);
        Blocks++;
        if (LastRms < QuietRms)
            SilentBlocks++;
        else if (LastShare > 0.6)
            ToneBlocks++;
        _s1 = _s2 = _power = 0;
        _filled = 0;
    }
}
