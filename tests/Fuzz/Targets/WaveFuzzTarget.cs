using Gateway.Calls.Audio;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads an uploaded sound; what is read is finite, within its limits, and can be played at both rates.</summary>
public sealed class WaveFuzzTarget : IFuzzTarget
{
    /// <summary>Longer sounds are only read: to resample each would leave little time for reading others.</summary>
    private const int Resampled = 400;

    private static readonly WaveLimits Limits = new(64 * 1024, TimeSpan.FromSeconds(2));

    public string Name => "wave";

    public void Run(ReadOnlySpan<byte> input)
    {
        if (!WaveFile.TryRead(input, Limits, out var sound, out var fault))
        {
            Require(fault != WaveFault.None && sound is null, "what is refused has a reason");
            return;
        }
        Require(fault == WaveFault.None && input.Length <= Limits.MaxBytes, "what is read has no fault");
        Require(sound.Rate is >= 8000 and <= 192_000 && sound.Samples.Length > 0 && sound.Length <= Limits.MaxLength, "limits hold");
        foreach (var sample in sound.Samples)
            Require(Math.Abs(sample) <= 16, "a sample is a number");
        if (sound.Samples.Length > Resampled || sound.Rate % 1000 != 0)
            return;
        var (narrow, wide) = (sound.ToPcm(8000), sound.ToPcm(16000));
        Require(narrow.Length > 0 && Math.Abs(2 * narrow.Length - wide.Length) <= 1, "both rates last as long");
    }
}
