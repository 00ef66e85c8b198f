namespace Load.Reloads;

/// <summary>The command line of reloads under load.</summary>
/// <param name="Live">Bridged calls that talk all the time.</param>
/// <param name="PerSecond">New calls beside them.</param>
/// <param name="TalkSeconds">Of each new one.</param>
/// <param name="Rounds">Reloads: each adds a trunk, renews the certificate, and changes a profile.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record ReloadLoadOptions(
    int Live = 50, double PerSecond = 5, double TalkSeconds = 3, int Rounds = 5, string? Program = null)
{
    public const string Usage =
        "Load reloads [--live 50] [--per-second 5] [--talk-seconds 3] [--rounds 5] [--program FOLDER]";

    public static ReloadLoadOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new ReloadLoadOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--live" when value >= 1 => options with { Live = (int)value },
            "--per-second" when value > 0 => options with { PerSecond = value },
            "--talk-seconds" when value > 0 => options with { TalkSeconds = value },
            "--rounds" when value >= 1 => options with { Rounds = (int)value },
            _ => null,
        });
}
