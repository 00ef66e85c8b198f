namespace Load.Comparisons;

/// <summary>The command line of a run that compares what set-ups cost two gateways.</summary>
/// <param name="Before">The folder of a gateway that was published or built: the one to compare with.</param>
/// <param name="Program">The other one; null: the one that was built.</param>
/// <param name="Rate">Set-ups a second.</param>
/// <param name="Seconds">Of one slice, without the time in which calls of the slice before end.</param>
/// <param name="Pairs">Slices of each, one after the other.</param>
/// <param name="Talk">Seconds of silence in each call.</param>
internal sealed record SetUpOptions(
    string? Before = null, string? Program = null, double Rate = 15, double Seconds = 8, int Pairs = 20,
    double Talk = 1)
{
    public const string Usage = "Load setups --before FOLDER [--program FOLDER] [--rate 15] [--seconds 8] [--pairs 20] [--talk 1]";

    public static SetUpOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new SetUpOptions(), (options, name, text, value) => name switch
        {
            "--before" => options with { Before = Path.GetFullPath(text) },
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--rate" when value > 0 => options with { Rate = value },
            "--seconds" when value > 0 => options with { Seconds = value },
            "--talk" when value > 0 => options with { Talk = value },
            "--pairs" when value > 0 => options with { Pairs = (int)value },
            _ => null,
        }) is { Before: not null } read ? read : null;
}
