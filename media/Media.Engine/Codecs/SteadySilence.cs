namespace Media.Engine.Codecs;

/// <summary>
/// The packet of digital silence that has lasted: a muted phone sends zeros, and a path to which nothing comes is filled with them.
/// Once an encoder has settled on silence, its packets are all the same to the ear, so the last one is sent again instead of being encoded.
/// </summary>
/// <param name="rate">Samples a second.</param>
internal sealed class SteadySilence(int rate)
{
    /// <summary>By then nothing of what was said before is left in the encoder's filters.</summary>
    private const int SettledAfterMs = 200;

    private readonly byte[] _packet = new byte[64];
    private int _length; // 0: none is kept
    private int _frame; // samples in it
    private int _silent; // samples in a row that were zero

    /// <summary>Writes the kept packet, if the frame goes on with the silence that it stands for.</summary>
    /// <returns>Its bytes; 0: the frame has to be encoded.</returns>
    public int TryRepeat(ReadOnlySpan<short> frame, Span<byte> payload)
    {
        if (frame.ContainsAnyExcept((short)0))
        {
            (_silent, _length) = (0, 0);
            return 0;
        }
        _silent = Math.Min(_silent + frame.Length, rate);
        return _length > 0 && frame.Length == _frame && _packet.AsSpan(0, _length).TryCopyTo(payload) ? _length : 0;
    }

    /// <summary>Keeps what became of the frame that had to be encoded, if it is settled silence.</summary>
    public void Keep(ReadOnlySpan<short> frame, ReadOnlySpan<byte> packet)
    {
        if (_silent * 1000L >= SettledAfterMs * (long)rate && packet.TryCopyTo(_packet))
            (_length, _frame) = (packet.Length, frame.Length);
    }
}
