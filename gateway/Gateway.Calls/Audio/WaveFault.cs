namespace Gateway.Calls.Audio;

/// <summary>The reason why a file is no sound that can be used. A closed set: the admin API answers with these names.</summary>
public enum WaveFault
{
    None,

    /// <summary>More bytes than <see cref="WaveLimits.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>It does not begin as a RIFF/WAVE file.</summary>
    NotWave,

    /// <summary>A format chunk is missing, too short, or says two things that cannot both be.</summary>
    Malformed,

    /// <summary>Neither linear PCM of 8, 16, 24 or 32 bits, nor floating point, nor A-law or µ-law.</summary>
    Encoding,

    /// <summary>Neither one channel nor two.</summary>
    Channels,

    /// <summary>Not within 8 … 192 kHz.</summary>
    Rate,

    /// <summary>There is not one sample.</summary>
    Empty,

    /// <summary>Longer than <see cref="WaveLimits.MaxLength"/>.</summary>
    TooLong,

    /// <summary>A floating-point sample is no number.</summary>
    NotANumber,
}

/// <summary>The size up to which an upload is read.</summary>
/// <param name="MaxBytes">Of the file.</param>
/// <param name="MaxLength">Of the sound.</param>
public sealed record WaveLimits(int MaxBytes, TimeSpan MaxLength)
{
    public static readonly WaveLimits Default = new(20 << 20, TimeSpan.FromMinutes(10));
}
