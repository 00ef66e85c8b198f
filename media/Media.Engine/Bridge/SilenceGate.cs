namespace Media.Engine.Bridge;

/// <summary>What becomes of a frame under discontinuous transmission.</summary>
internal enum FrameUse
{
    /// <summary>It is encoded and sent.</summary>
    Send,

    /// <summary>It is the first that is left out: a packet without content tells the decoder that silence follows.</summary>
    Announce,

    /// <summary>It is neither encoded nor sent.</summary>
    LeaveOut,
}

/// <summary>
/// Decides which frames of a talker need not be sent: those of silence, by their energy, once it has lasted. Speech is never held up, and
/// of silence a frame is sent now and then, from which the decoder takes its comfort noise. Pure.
/// </summary>
/// <remarks>
/// libopus' own DTX leaves out the same packets but encodes the frames all the same, at half of what speech takes.
/// </remarks>
internal sealed class SilenceGate
{
    /// <summary>So long silence is sent still: the ends of words, and noise for the decoder to learn.</summary>
    private const int HangoverMs = 100;

    /// <summary>Below what WhatsApp is left without a packet for.</summary>
    private const int LongestPauseMs = 280;

    /// <summary>Mean square of samples that can hardly be heard: -55 dB of full scale.</summary>
    private const double Inaudible = 60 * 60;

    /// <summary>Above it nothing is silence, however steady: -48 dB.</summary>
    private const double Loudest = 130 * 130;

    /// <summary>Silence is what lies within 6 dB of the quietest of late.</summary>
    private const double Spread = 4;

    /// <summary>The quietest of late rises by 10 % a second.</summary>
    private const double Rise = 1.002;

    private double _floor = Loudest;
    private int _quietMs;
    private int _unsentMs;

    /// <summary>The last frame was not sent.</summary>
    public bool IsPausing { get; private set; }

    public FrameUse Handle(ReadOnlySpan<short> frame, int milliseconds)
    {
        var meanSquare = MeanSquare(frame);
        _floor = Math.Min(Math.Min(meanSquare, Loudest), _floor * Rise);
        return Handle(meanSquare <= Math.Max(Inaudible, Math.Min(_floor * Spread, Loudest)), milliseconds);
    }

    /// <summary>Takes a frame of which it is known whether it is silent.</summary>
    public FrameUse Handle(bool isSilent, int milliseconds)
    {
        _quietMs = isSilent ? Math.Min(_quietMs + milliseconds, HangoverMs + milliseconds) : 0;
        _unsentMs += milliseconds;
        if (_quietMs <= HangoverMs || _unsentMs + milliseconds > LongestPauseMs)
            _unsentMs = 0;
        var wasPausing = IsPausing;
        IsPausing = _quietMs > HangoverMs;
        return _unsentMs == 0 ? FrameUse.Send : wasPausing ? FrameUse.LeaveOut : FrameUse.Announce;
    }

    /// <summary>Time passes without a frame, and without a packet.</summary>
    public void Pass(int milliseconds) => _unsentMs = Math.Min(_unsentMs + milliseconds, LongestPauseMs);

    private static double MeanSquare(ReadOnlySpan<short> frame)
    {
        long sum = 0;
        foreach (var sample in frame)
            sum += sample * sample;
        return frame.IsEmpty ? 0 : (double)sum / frame.Length;
    }
}
