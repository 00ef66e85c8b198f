namespace Load.Soaks;

/// <summary>The command line of a soak.</summary>
/// <param name="Duration">The time during which new calls are placed.</param>
/// <param name="CallsPerSecond">New calls a second, every second one outbound.</param>
/// <param name="Talk">The length of each call once it is answered.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record LoadOptions(TimeSpan Duration, double CallsPerSecond, TimeSpan Talk, string? Program = null)
{
    public const string Usage = "Load [--minutes 10] [--calls-per-second 2] [--talk-seconds 20] [--program FOLDER]";

    public static LoadOptions? Read(string[] arguments) => OptionPairs.Read(
        arguments, new LoadOptions(TimeSpan.FromMinutes(10), 2, TimeSpan.FromSeconds(20)), (options, name, text, value) => name switch
        {
            "--program" => options with { Program = Path.GetFullPath(text) },
            "--minutes" when value > 0 => options with { Duration = TimeSpan.FromMinutes(value) },
            "--calls-per-second" when value > 0 => options with { CallsPerSecond = value },
            "--talk-seconds" when value > 0 => options with { Talk = TimeSpan.FromSeconds(value) },
            _ => null,
        });
}
