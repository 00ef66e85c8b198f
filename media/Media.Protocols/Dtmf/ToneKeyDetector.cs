using Media.Protocols.Primitives;

namespace Media.Protocols.Dtmf;

/// <summary>
/// Finds key presses in audio by their tones (ITU-T Q.24), for peers that send no telephone-events: the Goertzel power of the eight
/// frequencies in blocks of 12.75 ms, of which three in a row make a press, so that speech hardly ever does.
/// </summary>
/// <remarks>Feed it 16-bit linear audio at 8 kHz in order; drain <see cref="TryPollEvent"/> after every call. No call allocates.</remarks>
public sealed class ToneKeyDetector
{
    private const int SampleRate = 8000;

    /// <summary>Samples: a frequency step of 78 Hz, which separates the eight.</summary>
    private const int BlockLength = 102;

    private const int BlocksToPress = 3;
    private const int BlocksToRelease = 2;

    /// <summary>Mean square of a block: −36 dBm0 or so.</summary>
    private const double MinPower = 150 * 150;

    /// <summary>The share of a block's power in its two strongest tones together; music and speech have less there.</summary>
    private const double MinShare = 0.65;

    /// <summary>The largest level difference of the two tones, either way: 8 dB (Q.24 requires 4 to 8).</summary>
    private const double MaxTwist = 6.3;

    /// <summary>The least lead of a tone over the others of its group: 8 dB.</summary>
    private const double MinLead = 6.3;

    /// <summary>The silence after which a stream that stopped within a press ends it.</summary>
    private static readonly TimeSpan LostEndTimeout = TimeSpan.FromMilliseconds(200);

    private static readonly double[] Coefficients =
        [.. KeyFrequencies.Low.Concat(KeyFrequencies.High).Select(hertz => 2 * Math.Cos(2 * Math.PI * hertz / SampleRate))];

    private readonly double[] _one = new double[8];
    private readonly double[] _two = new double[8];
    private readonly TelephoneEvent[] _queue = new TelephoneEvent[16];
    private int _head;
    private int _queued;
    private int _samples;
    private double _energy;
    private char _candidate;
    private int _hits;
    private int _misses;
    private char _down;
    private int _blocksDown;

    /// <summary>The time at which a press in a stream that stopped counts as released.</summary>
    public Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>Takes in the audio that follows the previous call's.</summary>
    public void Listen(ReadOnlySpan<short> samples, Instant now)
    {
        foreach (var sample in samples)
        {
            _energy += (double)sample * sample;
            for (var i = 0; i < Coefficients.Length; i++)
                (_one[i], _two[i]) = (sample + Coefficients[i] * _one[i] - _two[i], _one[i]);
            if (++_samples < BlockLength)
                continue;
            Take(Judge());
            Array.Clear(_one);
            Array.Clear(_two);
            (_samples, _energy) = (0, 0);
        }
        NextDeadline = _down != default ? now + LostEndTimeout : Instant.Never;
    }

    /// <summary>To be called when <see cref="NextDeadline"/> has come.</summary>
    public void HandleDeadline(Instant now)
    {
        if (now >= NextDeadline)
            Release();
    }

    public bool TryPollEvent(out TelephoneEvent key)
    {
        key = _queue[_head];
        if (_queued == 0)
            return false;
        _head = (_head + 1) % _queue.Length;
        _queued--;
        return true;
    }

    /// <summary>The key whose tones fill this block; default: none.</summary>
    private char Judge()
    {
        if (_energy < MinPower * BlockLength)
            return default;
        var (row, low) = Strongest(0);
        var (column, high) = Strongest(4);
        var share = (low + high) / (_energy * BlockLength / 2);
        return row < 0 || column < 0 || share < MinShare || low > high * MaxTwist || high > low * MaxTwist
            ? default
            : KeyFrequencies.KeyAt(row, column);
    }

    /// <summary>Of one group of four; −1 when it has no clear one.</summary>
    private (int Index, double Power) Strongest(int first)
    {
        Span<double> powers = stackalloc double[4];
        var best = 0;
        for (var i = 0; i < 4; i++)
        {
            var (one, two) = (_one[first + i], _two[first + i]);
            powers[i] = one * one + two * two - Coefficients[first + i] * one * two;
            if (powers[i] > powers[best])
                best = i;
        }
        for (var i = 0; i < 4; i++)
            if (i != best && powers[i] * MinLead > powers[best])
                return (-1, 0);
        return (best, powers[best]);
    }

    private void Take(char key)
    {
        _hits = key != default && key == _candidate ? _hits + 1 : 1;
        _candidate = key;
        if (_down != default)
        {
            _blocksDown++;
            _misses = key == _down ? 0 : _misses + 1;
            if (_misses == BlocksToRelease)
                Release();
        }
        if (_down != default || key == default || _hits < BlocksToPress)
            return;
        (_down, _blocksDown, _misses) = (key, BlocksToPress, 0);
        Report(TelephoneEventPhase.Pressed);
    }

    private void Release()
    {
        NextDeadline = Instant.Never;
        if (_down == default)
            return;
        _blocksDown -= _misses;
        Report(TelephoneEventPhase.Released);
        (_down, _misses) = (default, 0);
    }

    private void Report(TelephoneEventPhase phase)
    {
        if (_queued == _queue.Length)
            return;
        var duration = TimeSpan.FromSeconds((double)_blocksDown * BlockLength / SampleRate);
        _queue[(_head + _queued++) % _queue.Length] = new TelephoneEvent(phase, _down, duration, Volume: 10);
    }
}
