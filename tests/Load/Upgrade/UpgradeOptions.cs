namespace Load.Upgrade;

/// <summary>The command line of a rolling upgrade.</summary>
/// <param name="Nodes">Gateways that share the stores.</param>
/// <param name="PerSecond">New calls all the time.</param>
/// <param name="TalkSeconds">Of each.</param>
/// <param name="DrainSeconds">What live calls have when a gateway is stopped.</param>
/// <param name="From">The folder of the gateway before: published, or built; null: the one of this build.</param>
/// <param name="Program">The folder of the gateway after; null: the one of this build.</param>
internal sealed record UpgradeOptions(
    int Nodes = 3, double PerSecond = 4, double TalkSeconds = 6, double DrainSeconds = 15, string? From = null, string? Program = null)
{
    public const string Usage =
        "Load upgrade [--nodes 3] [--per-second 4] [--talk-seconds 6] [--drain-seconds 15] [--from FOLDER] [--program FOLDER]";

    public static UpgradeOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new UpgradeOptions(), (options, name, text, value) => name switch
        {
            "--from" => options with { From = Path.GetFullPath(text) },
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--nodes" when value >= 2 => options with { Nodes = (int)value },
            "--per-second" when value > 0 => options with { PerSecond = value },
            "--talk-seconds" when value > 0 => options with { TalkSeconds = value },
            "--drain-seconds" when value > 0 => options with { DrainSeconds = value },
            _ => null,
        });
}
