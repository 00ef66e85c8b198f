namespace Load.Traces;

/// <summary>The command line of a run that measures the cost of traces.</summary>
/// <param name="Rate">Set-ups a second: traces cost where calls begin and end.</param>
/// <param name="Seconds">How long each way is measured.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record TraceLoadOptions(double Rate = 10, double Seconds = 60, string? Program = null)
{
    public const string Usage = "Load traces [--rate 10] [--seconds 60] [--program FOLDER]";

    public static TraceLoadOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new TraceLoadOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--rate" when value > 0 => options with { Rate = value },
            "--seconds" when value > 0 => options with { Seconds = value },
            _ => null,
        });
}
