namespace Load.Nodes;

/// <summary>The command line of a run with one node, then two, and so on.</summary>
/// <param name="Most">Nodes of the last step.</param>
/// <param name="Live">Bridged calls that talk, over all nodes.</param>
/// <param name="PerSecond">New calls a second, over all nodes.</param>
/// <param name="Seconds">Of each measurement.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record NodesOptions(int Most = 3, int Live = 40, double PerSecond = 10, double Seconds = 20, string? Program = null)
{
    public const string Usage = "Load nodes [--most 3] [--live 40] [--per-second 10] [--seconds 20] [--program FOLDER]";

    public static NodesOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new NodesOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--most" when value is >= 1 and <= 16 => options with { Most = (int)value },
            "--live" when value >= 1 => options with { Live = (int)value },
            "--per-second" when value > 0 => options with { PerSecond = value },
            "--seconds" when value > 0 => options with { Seconds = value },
            _ => null,
        });
}
