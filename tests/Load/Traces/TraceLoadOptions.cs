namespace Load.Traces;

/// <summary>The command line of a run that measures the cost of traces.</summary>
/// <param name="Rate">Set-ups a second: traces cost where calls begin and end.</param>
/// <param name="Seconds">Of one slice, without the time in which calls of the slice before end.</param>
/// <param name="Pairs">Slices without traces, and as many with them, one after the other.</param>
/// <param name="Way">What is measured beside none.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record TraceLoadOptions(
    double Rate = 15, double Seconds = 10, int Pairs = 15, TraceWay Way = TraceWay.Sampled, string? Program = null)
{
    public const string Usage =
        "Load traces [--way none|failed|sampled|hep] [--rate 15] [--seconds 10] [--pairs 15] [--program FOLDER]";

    public static TraceLoadOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new TraceLoadOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--way" when Enum.TryParse<TraceWay>(text, ignoreCase: true, out var way) => options with { Way = way },
            "--rate" when value > 0 => options with { Rate = value },
            "--seconds" when value > 0 => options with { Seconds = value },
            "--pairs" when value > 0 => options with { Pairs = (int)value },
            _ => null,
        });
}
