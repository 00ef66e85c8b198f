namespace Media.Native.Opus;

internal static class OpusRate
{
    internal static void ThrowIfUnsupported(int sampleRate)
    {
        if (sampleRate is not (8000 or 16000 or 48000))
            throw new ArgumentOutOfRangeException(nameof(sampleRate), sampleRate, "Opus runs here at 8000, 16000 or 48000 Hz.");
    }
}
