namespace Load.Memory;

/// <summary>The command line of a memory run.</summary>
/// <param name="Calls">In all.</param>
/// <param name="PerSecond">New ones.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
/// <param name="Plot">Where the plot goes.</param>
internal sealed record MemoryOptions(int Calls = 20_000, double PerSecond = 20, string? Program = null, string Plot = "memory.svg")
{
    public const string Usage = "Load memory [--calls 20000] [--per-second 20] [--program FOLDER] [--plot FILE.svg]";

    public static MemoryOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new MemoryOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--plot" => options with { Plot = text },
            "--calls" when value >= 1 => options with { Calls = (int)value },
            "--per-second" when value > 0 => options with { PerSecond = value },
            _ => null,
        });
}
