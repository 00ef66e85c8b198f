namespace Load.Snapshots;

/// <summary>The command line of a run that measures the cost of snapshots.</summary>
/// <param name="Live">Bridged calls that talk all the time, over both gateways.</param>
/// <param name="Slices">How often it is measured.</param>
/// <param name="Seconds">How long each time.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record SnapshotOptions(int Live = 100, int Slices = 16, double Seconds = 10, string? Program = null)
{
    public const string Usage = "Load snapshots [--live 100] [--slices 16] [--seconds 10] [--program FOLDER]";

    public static SnapshotOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new SnapshotOptions(), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--live" when value >= 2 => options with { Live = (int)value },
            "--slices" when value is >= 2 and <= 1000 => options with { Slices = (int)value },
            "--seconds" when value > 0 => options with { Seconds = value },
            _ => null,
        });
}
