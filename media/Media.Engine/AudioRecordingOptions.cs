namespace Media.Engine;

/// <summary>The way in which a message is recorded, and what ends it.</summary>
public sealed record AudioRecordingOptions
{
    /// <summary>
    /// Samples per second of the file: 8000 or 16000. G.711 has 8000 of its own; in a file of 16000 each second one is made up.
    /// </summary>
    public int SampleRate { get; init; } = 16000;

    /// <summary>The longest message; 1 s … 1 hour.</summary>
    public TimeSpan MaxLength { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Silence of this length ends the message, and is part of it; null: none does. 0.5 s … <see cref="MaxLength"/>.</summary>
    public TimeSpan? EndSilence { get; init; }

    /// <summary>What is quieter is silence: dB, 0 being a full-scale square wave; −90 … −10.</summary>
    public double SilenceDb { get; init; } = -45;

    /// <summary>Keys that end the message: of `0`–`9`, `*`, `#`, `A`–`D`.</summary>
    public string EndKeys { get; init; } = "";

    /// <summary>All that is wrong with these values; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (SampleRate is not (8000 or 16000))
            errors.Add("SampleRate: 8000 or 16000.");
        if (MaxLength < TimeSpan.FromSeconds(1) || MaxLength > TimeSpan.FromHours(1))
            errors.Add("MaxLength: 1 s … 1 h.");
        if (EndSilence < TimeSpan.FromSeconds(0.5) || EndSilence > MaxLength)
            errors.Add("EndSilence: 0.5 s … MaxLength.");
        if (SilenceDb is not (>= -90 and <= -10))
            errors.Add("SilenceDb: -90 … -10.");
        if (EndKeys.Any(key => !"0123456789*#ABCD".Contains(key, StringComparison.Ordinal)))
            errors.Add("EndKeys: of 0-9, *, #, A-D.");
        return errors;
    }
}
