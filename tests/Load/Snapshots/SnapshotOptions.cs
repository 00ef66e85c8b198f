namespace Load.Snapshots;

/// <summary>The command line of a run that measures the cost of snapshots.</summary>
/// <param name="Live">Bridged calls that talk all the time.</param>
/// <param name="Seconds">How long each way is measured.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record SnapshotOptions(int Live = 200, double Seconds = 60, string? Program = null)
{
    public const string Usage = "Load snapshots [--live 200] [--seconds 60] [--program FOLDER]";

    public static SnapshotOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new SnapshotOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--live" when value >= 1 => options with { Live = (int)value },
            "--seconds" when value > 0 => options with { Seconds = value },
            _ => null,
        });
}
