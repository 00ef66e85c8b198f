using System.Globalization;

namespace Load.Hold;

/// <summary>The command line of a run that holds a load.</summary>
/// <param name="Live">Bridged calls that talk all the time.</param>
/// <param name="PerSecond">New calls beside them, each with a second of talk.</param>
/// <param name="Minutes">How long.</param>
/// <param name="Program">The folder of a gateway that deploy/publish made; null: the one that was built.</param>
internal sealed record HoldOptions(int Live = 130, double PerSecond = 5, double Minutes = 10, string? Program = null)
{
    public const string Usage = "Load hold [--live 130] [--per-second 5] [--minutes 10] [--program FOLDER]";

    public static HoldOptions? Read(string[] arguments)
    {
        var options = new HoldOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
                return null;
            var value = double.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out var number) && number > 0 ? number : 0;
            switch (arguments[i])
            {
                case "--program":
                    options = options with { Program = Path.GetFullPath(arguments[i + 1]) };
                    break;
                case "--live" when value >= 1:
                    options = options with { Live = (int)value };
                    break;
                case "--per-second" when value > 0:
                    options = options with { PerSecond = value };
                    break;
                case "--minutes" when value > 0:
                    options = options with { Minutes = value };
                    break;
                default:
                    return null;
            }
        }
        return options;
    }
}
