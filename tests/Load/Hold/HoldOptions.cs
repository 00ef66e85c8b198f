namespace Load.Hold;

/// <summary>The command line of a run that holds a load.</summary>
/// <param name="Live">Bridged calls that talk all the time.</param>
/// <param name="PerSecond">New calls beside them, each with a second of talk.</param>
/// <param name="Minutes">How long.</param>
/// <param name="IsPinned">The gateway has a processor of its own, which nothing else uses.</param>
/// <param name="MaxProcess">Up to how many percent of its processors the gateway takes new calls; null: as it does by itself.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record HoldOptions(
    int Live = 130, double PerSecond = 5, double Minutes = 10, bool IsPinned = false, int? MaxProcess = null, string? Program = null)
{
    public const string Usage =
        "Load hold [--live 130] [--per-second 5] [--minutes 10] [--own-processor 1] [--max-process PERCENT] [--program FOLDER]";

    public static HoldOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new HoldOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--own-processor" when value is 0 or 1 => options with { IsPinned = value == 1 },
            "--max-process" when value is >= 1 and <= 100 => options with { MaxProcess = (int)value },
            "--live" when value >= 1 => options with { Live = (int)value },
            "--per-second" when value > 0 => options with { PerSecond = value },
            "--minutes" when value > 0 => options with { Minutes = value },
            _ => null,
        });
}
