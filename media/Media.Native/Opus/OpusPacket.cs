namespace Media.Native.Opus;

/// <summary>Reads the first bytes of an Opus packet.</summary>
public static class OpusPacket
{
    /// <summary>RFC 6716 §3.1: configurations from here on are CELT alone, which has no redundancy.</summary>
    private const int FirstCelt = 16;

    /// <summary>
    /// The packet carries a coarse copy of the one before it (LBRR, RFC 6716 §4.2.4): the flag behind the voice-activity flags of its mono
    /// channel. Read in packets of one or two frames, as senders of FEC make them; false for others.
    /// </summary>
    public static bool HasCopy(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < 2)
            return false;
        var (configuration, frameCode) = (packet[0] >> 3, packet[0] & 3);
        if (configuration >= FirstCelt || frameCode > 1)
            return false;
        // SILK-only 10, 20, 40, 60 ms; hybrid 10, 20 ms.
        var silkFrames = configuration >= 12 ? 1 : Math.Max(1, configuration & 3);
        return (packet[1] >> (7 - silkFrames) & 1) != 0;
    }
}
