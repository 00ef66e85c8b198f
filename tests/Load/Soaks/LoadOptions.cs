using System.Globalization;

namespace Load.Soaks;

/// <summary>The command line of a soak.</summary>
/// <param name="Duration">The time during which new calls are placed.</param>
/// <param name="CallsPerSecond">New calls a second, every second one outbound.</param>
/// <param name="Talk">The length of each call once it is answered.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record LoadOptions(TimeSpan Duration, double CallsPerSecond, TimeSpan Talk, string? Program = null)
{
    public const string Usage = "Load [--minutes 10] [--calls-per-second 2] [--talk-seconds 20] [--program FOLDER]";

    public static bool TryRead(string[] arguments, out LoadOptions options)
    {
        options = new LoadOptions(TimeSpan.FromMinutes(10), 2, TimeSpan.FromSeconds(20));
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 < arguments.Length && arguments[i] == "--program")
            {
                options = options with { Program = Path.GetFullPath(arguments[i + 1]) };
                continue;
            }
            if (i + 1 == arguments.Length || !double.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out var value)
                || value is not (> 0 and < 100_000))
                return false;
            switch (arguments[i])
            {
                case "--minutes":
                    options = options with { Duration = TimeSpan.FromMinutes(value) };
                    break;
                case "--calls-per-second":
                    options = options with { CallsPerSecond = value };
                    break;
                case "--talk-seconds":
                    options = options with { Talk = TimeSpan.FromSeconds(value) };
                    break;
                default:
                    return false;
            }
        }
        return true;
    }
}
