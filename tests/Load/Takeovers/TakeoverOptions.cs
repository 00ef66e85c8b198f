namespace Load.Takeovers;

/// <summary>The command line of a run in which a node with live calls is killed, or stopped.</summary>
/// <param name="Live">Bridged calls of that node that talk all the time.</param>
/// <param name="Survivors">Nodes beside it.</param>
/// <param name="Stops">SIGTERM: the node hands its calls to the others before it ends. Else kill -9.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record TakeoverOptions(int Live = 100, int Survivors = 1, bool Stops = false, string? Program = null)
{
    public const string Usage = "Load takeover [--live 100] [--survivors 1] [--stop 1] [--program FOLDER]";

    public static TakeoverOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new TakeoverOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--live" when value >= 1 => options with { Live = (int)value },
            "--stop" when value == 1 => options with { Stops = true },
            "--survivors" when value is >= 1 and <= 8 => options with { Survivors = (int)value },
            _ => null,
        });
}
