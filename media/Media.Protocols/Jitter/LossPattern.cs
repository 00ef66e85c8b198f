namespace Media.Protocols.Jitter;

/// <summary>
/// The way in which losses of one stream lie: in runs, and in bursts with gaps between them (RFC 3611 §4.7.2). Fed with each packet in
/// sequence order; costs a count a packet.
/// </summary>
/// <remarks>
/// A burst begins and ends with a loss, and no <see cref="MinGap"/> packets in a row arrive within it. The counters are those of RFC 3611
/// appendix A.2, with its names: cXY counts the steps from state X to state Y, where 1 is an arrival in a gap, 2 an arrival in a burst, 3 a
/// loss in a burst and 4 a loss that stands alone in a gap.
/// </remarks>
public sealed class LossPattern
{
    /// <summary>Gmin: packets in a row that end a burst. The value that RFC 3611 §4.7.2 recommends.</summary>
    public const int MinGap = 16;

    private long _sinceLoss; // packets that arrived since the last loss
    private long _inBurst;   // losses of the burst under way
    private long _c11, _c13, _c14, _c22, _c23, _c33;

    /// <summary>Packets that arrived.</summary>
    public long Arrived { get; private set; }

    /// <summary>Packets that were lost.</summary>
    public long Lost { get; private set; }

    /// <summary>Losses, where those in a row count as one.</summary>
    public long Runs { get; private set; }

    /// <summary>A packet arrived in its turn.</summary>
    public void HandleArrival()
    {
        Arrived++;
        _sinceLoss++;
    }

    /// <summary>So many packets in a row were lost.</summary>
    public void HandleLoss(int count = 1)
    {
        if (count <= 0)
            return;
        HandleOneLoss();
        (Lost, _inBurst, _c33) = (Lost + count - 1, _inBurst + count - 1, _c33 + count - 1); // each follows a loss
    }

    /// <summary>Bursts and gaps up to the last loss.</summary>
    /// <param name="packetMs">Milliseconds of audio in a packet.</param>
    public BurstsAndGaps Read(int packetMs)
    {
        if (_c13 == 0)
            return new BurstsAndGaps(0, Share(Lost, Arrived + Lost), 0, (double)Arrived * packetMs);
        var (c31, c32) = (_c13, _c23);
        var all = _c11 + _c14 + _c13 + _c22 + _c23 + c31 + c32 + _c33;
        var p32 = Share(c32, c31 + c32 + _c33);
        var p23 = _c22 + _c23 < 1 ? 1 : 1 - Share(_c22, _c22 + _c23);
        var gap = (double)(_c11 + _c14 + _c13) * packetMs / _c13;
        return new BurstsAndGaps(p23 / (p23 + p32), Share(_c14, _c11 + _c14), (double)all * packetMs / _c13 - gap, gap);
    }

    private void HandleOneLoss()
    {
        Lost++;
        if (_sinceLoss > 0 || Lost == 1)
            Runs++;
        if (_sinceLoss >= MinGap)
        {
            if (_inBurst == 1)
                _c14++;
            else
                _c13++;
            _inBurst = 1;
            _c11 += _sinceLoss;
        }
        else
        {
            _inBurst++;
            if (_sinceLoss == 0)
            {
                _c33++;
            }
            else
            {
                _c23++;
                _c22 += _sinceLoss - 1;
            }
        }
        _sinceLoss = 0;
    }

    private static double Share(long part, long all) => all > 0 ? (double)part / all : 0;
}
