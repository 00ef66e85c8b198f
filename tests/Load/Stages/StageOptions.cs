using Load.Traces;

namespace Load.Stages;

/// <summary>The command line of a run that tells the stages of a set-up apart.</summary>
/// <param name="PerSecond">New calls.</param>
/// <param name="Seconds">That are sampled.</param>
/// <param name="WarmUp">Seconds before.</param>
/// <param name="IsSilent">Nobody says anything, as where set-ups are measured by difference (`capacity`).</param>
/// <param name="Talk">Seconds from answer to hang-up.</param>
/// <param name="Traces">What of calls is traced meanwhile; null: not configured, which an older gateway does not know.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
/// <param name="Keep">The file that keeps the samples; null: none.</param>
internal sealed record StageOptions(
    double PerSecond = 15, double Seconds = 20, double WarmUp = 30, bool IsSilent = false, double Talk = 1,
    TraceWay? Traces = null, string? Program = null, string? Keep = null)
{
    public const string Usage =
        "Load stages [--per-second 15] [--seconds 20] [--warm-up 30] [--silent 1] [--talk 1] "
        + "[--traces none|failed|sampled|hep] [--program FOLDER] [--keep FILE]";

    public static StageOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new StageOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--keep" => options with { Keep = Path.GetFullPath(text) },
            "--silent" when value is 0 or 1 => options with { IsSilent = value == 1 },
            "--traces" when Enum.TryParse<TraceWay>(text, ignoreCase: true, out var way) => options with { Traces = way },
            "--talk" when value > 0 => options with { Talk = value },
            "--per-second" when value > 0 => options with { PerSecond = value },
            "--seconds" when value > 0 => options with { Seconds = value },
            "--warm-up" when value > 0 => options with { WarmUp = value },
            _ => null,
        });
}
